# SPDX-License-Identifier: GPL-2.0
"""What a loader may hand over, crafted: each case is a World and what has to come of it.

A case names the stub's message, or says what is peculiar about the guest that boots.
"""

import dataclasses

import layouts
from handover import APPEND, CMDLINE, GIB, MEMMAP, MIB, MODLIST, START_INFO, World

LAST = (1 << 64) - 1
MAP = [(0, 0x9fc00, 1), (0x9fc00, 0x400, 2), (0xf0000, 0x10000, 2), (0x100000, 255 * MIB, 1)]
# A machine with memory to 3.9 GiB, and one with memory above 4 GiB.
TOP_MIB, BIG_MIB = 4031, 4400
TOP_MAP = [(0, 0x9fc00, 1), (MIB, (TOP_MIB - 1) * MIB, 1)]
BIG_MAP = [(0, 0x9fc00, 1), (MIB, 3 * GIB - MIB, 1), (4 * GIB, BIG_MIB * MIB - 3 * GIB, 1)]
AT_3_9_GIB = int(3.9 * GIB) & ~0xfff
ABOVE_4_GIB = 4 * GIB + 16 * MIB


@dataclasses.dataclass
class Case:
    """make(kernel_start, kernel_end) gives the World.

    error and error32, for kernels of 32 bits, name the stub's message (PVH_* of pvh.h). cmdline=None: whatever it is.
    initrd=False: the kernel gets as far as missing it. log is a line of the kernel's. initrd_at is where else to load
    the initrd, to which a module of size None is set; initrd_end is where it is to end, and then it is the only module.
    numa: to be run with the kernel with many NUMA nodes too.
    """
    name: str
    make: object
    error: str = None
    error32: str = None
    cmdline: str = APPEND
    initrd: bool = True
    machine: str = "small"
    initrd_at: int = None
    initrd_end: int = None
    numa: bool = False

    def __str__(self):
        return self.name

    def expected_error(self, bits):
        """What the stub has to say in front of a kernel, None if that has to boot."""
        return self.error or (self.error32 if bits == 32 else None)


def small(memmap=None, **more):
    """A World of the usual machine, 256 MiB."""
    return World(MAP if memmap is None else memmap, **more)


def top(**more):
    """A World of the machine with memory to 3.9 GiB."""
    return World(TOP_MAP, **more)


def big(**more):
    """A World of the machine with memory above 4 GiB."""
    return World(BIG_MAP, **more)


def broken():
    """What needs no more than a wrong number in start_info."""
    def bad(name, error, **more):
        return Case(name, lambda start, end: small(**more), error=error)
    yield bad("magic", "BAD_MAGIC", fields={"magic": 0x12345678})
    yield bad("ebx-off-by-one", "BAD_MAGIC", ebx=START_INFO + 1, fields={"version": 1})
    yield bad("version-0", "NO_MEMMAP", version=0)
    yield bad("no-entries", "NO_MEMMAP", memmap=[])
    yield bad("map-above-4-gib", "BAD_MEMMAP", fields={"memmap": 4 * GIB + MEMMAP})
    yield bad("map-past-4-gib", "BAD_MEMMAP", fields={"memmap": 4 * GIB - 80})
    yield bad("map-wraps", "BAD_MEMMAP", fields={"memmap": LAST - 23})
    yield bad("map-all-ones-entries", "BAD_MEMMAP", fields={"memmap_entries": 0xffffffff})
    yield bad("list-above-4-gib", "BAD_MODLIST", fields={"modlist": 4 * GIB + MODLIST})
    yield bad("list-past-4-gib", "BAD_MODLIST", fields={"modlist": 4 * GIB - 31})
    yield bad("list-wraps", "BAD_MODLIST", fields={"modlist": LAST - 31})
    yield bad("initrd-size-wraps", "BAD_INITRD", modules=[(MIB, LAST, 0, 0)])


def in_kernel():
    """What overlaps the kernel's image, its .bss or the memory behind that it uses first; and what just does not."""
    def bad(name, error, make):
        return Case(name, make, error=error)
    yield bad("start-info-in-brk", "BAD_START_INFO", lambda start, end: small(start_info=end - 0x100))
    yield bad("start-info-in-page-tables", "BAD_START_INFO", lambda start, end: small(start_info=end - 0x3000))
    yield bad("map-in-brk", "BAD_MEMMAP", lambda start, end: small(memmap_at=end - 0x100))
    yield bad("map-into-kernel", "BAD_MEMMAP", lambda start, end: small(fields={"memmap": start - 95}))
    yield bad("list-in-brk", "BAD_MODLIST", lambda start, end: small(modlist=end - 32))
    yield bad("initrd-in-brk", "BAD_INITRD", lambda start, end: small(modules=[(end - 1, 4096, 0, 0)]))
    yield bad("initrd-into-kernel", "BAD_INITRD", lambda start, end: small(modules=[(start - 4096, 4097, 0, 0)]))
    yield Case("initrd-of-size-0", lambda start, end: small(modules=[(start, 0, 0, 0)]), initrd=False)
    yield bad("initrd-around-kernel", "BAD_INITRD", lambda start, end: small(modules=[(MIB, 128 * MIB, 0, 0)]))
    yield bad("cmdline-in-brk", "BAD_CMDLINE", lambda start, end: small(cmdline=end - 0x800))
    yield Case("all-before-kernel", lambda start, end: small(
        start_info=start - 0x2000, modlist=start - 0x1000 - 32, memmap_at=start - 96, cmdline=start - 0x1000))
    yield Case("all-behind-kernel", lambda start, end: small(
        start_info=end + 0x1800, modlist=end + 0x1000, cmdline=end, memmap_at=end + 0x1100))


def headers():
    """start_info itself, and its place."""
    for version in (2, 0xffffffff):
        yield Case(f"version-{version:#x}", lambda start, end, version=version: small(version=version))
    yield Case("flags", lambda start, end: small(flags=0xffffffff, fields={"reserved": 0xffffffff}))
    yield Case("unaligned", lambda start, end: small(start_info=START_INFO + 1, modlist=MODLIST + 3,
                                                     memmap_at=MEMMAP + 5, cmdline=CMDLINE + 7))
    yield Case("rsdp-none", lambda start, end: small(rsdp=0))
    yield Case("no-modules", lambda start, end: small(modules=[]), initrd=False)
    yield Case("modules", lambda start, end: small(modules=[None, (start, 16, 0x5100, LAST), (LAST, LAST, 0, 0)]))
    # libkrun, slimbootloader and heads have made Linux warn of it.
    yield Case("initrd-in-mid-page", lambda start, end: small(modules=[(64 * MIB + 0x123, None, 0, 0)]),
               initrd_at=64 * MIB + 0x123)


def command_lines():
    """None, and long ones."""
    long = APPEND + " " + "x" * 4000
    def line(name, words):
        return Case(name, lambda start, end: small(append=words.encode() + b"\0"), cmdline=words[:2047])
    yield Case("cmdline-none", lambda start, end: small(fields={"cmdline": 0}), cmdline="")
    yield line("cmdline-empty", "")
    yield line("cmdline-2047", long[:2047])
    yield line("cmdline-2048", long[:2048])


def pieces(count):
    """A map of so many ranges, those of RAM first."""
    if count == 1:
        return [(0, 256 * MIB, 1)]
    return [*MAP[:1], MAP[3], *((GIB + index * 8192, 4096, 2) for index in range(count - 2))]


def memory_maps():
    """Maps of any length, and entries of all kinds: what the kernel makes of it is compared byte by byte."""
    hole = 64 * MIB
    def good(name, memmap, memmap_at=MEMMAP, **more):
        return Case(name, lambda start, end: small(memmap=memmap, memmap_at=memmap_at), **more)
    for count in (1, 127, 128, 129, 130, 150, 200, 300, 1000):
        yield good(f"map-{count}", pieces(count), numa=True)
    ram = [*MAP[:1], (MIB, 127 * MIB, 1), *((128 * MIB + index * 0x1f000, 0x1e000, 1) for index in range(200))]
    yield good("map-at-0", pieces(127), memmap_at=0)
    yield Case("map-128-at-0", lambda start, end: small(pieces(128), memmap_at=0), error="BAD_MEMMAP")
    yield good("map-200-pieces-of-ram", ram, numa=True)
    yield good("map-reversed", MAP[::-1])
    yield good("map-isa-is-ram", [(0, 256 * MIB, 1), (0xa0000, 0x60000, 1)])
    yield good("map-empty-entries", [(0, 0, 0), (hole, 0, 2), *MAP, (LAST, 0, 1), (0, 0, 5)])
    yield good("map-overlapping", [*MAP, (hole, 8 * MIB, 2), (hole + MIB, 2 * MIB, 4), (hole - MIB, 3 * MIB, 3)])
    yield good("map-unknown-types", [*MAP] + [(hole + index * 8192, 4096, kind) for index, kind in enumerate(
        (5, 6, 7, 8, 9, 12, 13, 255, 0x7fffffff, 0xefffffff, 0xfffffffe, 0xffffffff))])


def high_places():
    """Above 1 GiB, where mainline's page tables end, to 3.9 GiB and above 4 GiB."""
    at = AT_3_9_GIB
    def good(name, make, **more):
        return Case(name, lambda start, end: make(), **more)
    yield good("all-at-3.9-gib", lambda: top(start_info=at, modlist=at + 0x100, memmap_at=at + 0x1000,
                                             cmdline=at + 0x3000), machine="top")
    yield good("initrd-at-3.9-gib", lambda: top(modules=[(at, None, 0, 0)]), machine="top", initrd_at=at)
    yield good("map-and-list-at-2-gib", lambda: big(memmap_at=2 * GIB - 48, modlist=2 * GIB + 0x1000), machine="big")
    yield good("initrd-above-4-gib", lambda: big(modules=[(ABOVE_4_GIB, None, 0, 0)]), machine="big",
               initrd_at=ABOVE_4_GIB)
    yield good("cmdline-above-4-gib", lambda: big(cmdline=ABOVE_4_GIB), machine="big", error32="BAD_CMDLINE")


def real_loaders():
    """The layouts of loaders in use."""
    for name, world in layouts.BOOTING.items():
        yield Case(f"loader-{name}", lambda start, end, world=world: world)
    yield Case("loader-libkrun", lambda start, end: layouts.LIBKRUN, initrd_end=layouts.LIBKRUN_END)
    yield Case("loader-xen-dom0", lambda start, end: layouts.XEN_DOM0, error="NO_MEMMAP")


def tests():
    """All cases."""
    kinds = (broken, in_kernel, headers, command_lines, memory_maps, high_places, real_loaders)
    return [case for kind in kinds for case in kind()]
