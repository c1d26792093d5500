# SPDX-License-Identifier: GPL-2.0
"""What a loader may hand over, crafted: each case is a World and what has to come of it.

A case says error="NN: line" (a regular expression), or what is peculiar about the guest that boots. Kernels of 32
bits have results of their own where addresses above 4 GiB matter.
"""

import dataclasses

import layouts
from handover import APPEND, CMDLINE, GIB, MEMMAP, MIB, MODLIST, START_INFO, World

LAST = (1 << 64) - 1
# The result without NUMA.
TOO_MANY = dict.fromkeys(("error64", "error32"), r"18: memory map: too many ranges for this kernel \(0x\w+\)")
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

    error64 and error32 are for the kernels x86_64 and i386-pae only: a map that their tables have no room for has both,
    and is handed over to a kernel with many NUMA nodes, too. cmdline=None: whatever it is. initrd=False: the kernel
    gets as far as missing it. log is a line of the kernel's. memmap is what the map amounts to, where that is not
    World's. initrd_at is where else to load the initrd, to which a module of size None is set.
    """
    name: str
    make: object
    error: str = None
    error64: str = None
    error32: str = None
    cmdline: str = APPEND
    initrd: bool = True
    warnings: tuple = ()
    log: str = None
    machine: str = "small"
    initrd_at: int = None
    memmap: list = None

    def __str__(self):
        return self.name

    def expected_error(self, name):
        """What the stub has to say in front of this kernel, None if it has to boot."""
        return self.error or {"x86_64": self.error64, "i386-pae": self.error32}.get(name)


def small(memmap=None, **more):
    """A World of the usual machine, 256 MiB."""
    return World(MAP if memmap is None else memmap, **more)


def top(**more):
    """A World of the machine with memory to 3.9 GiB."""
    return World(TOP_MAP, **more)


def big(**more):
    """A World of the machine with memory above 4 GiB."""
    return World(BIG_MAP, **more)


def text(words, end=b"\0"):
    """A command line in memory."""
    return words.encode() + end


def broken():
    """Every failure that the stub has a number for."""
    def bad(name, error, **more):
        return Case(name, lambda start, end: small(**more), error=error)
    yield bad("magic", r"01: start_info: bad magic \(0x12345678\)", fields={"magic": 0x12345678})
    yield bad("magic-zero", r"01: start_info: bad magic \(0x0\)", fields={"magic": 0})
    yield bad("magic-swapped", r"01: start_info: bad magic \(0x78c56e33\)", fields={"magic": 0x78c56e33})
    yield bad("ebx-zero", r"01: start_info: bad magic \(0x\w+\)", ebx=0)
    yield bad("ebx-off-by-one", r"01: start_info: bad magic \(0x1336ec5\)", ebx=START_INFO + 1,
              fields={"version": 1})
    yield bad("ebx-nothing-there", r"01: start_info: bad magic \(0x\w+\)", ebx=0xc0000000)
    yield bad("ebx-local-apic", r"01: start_info: bad magic \(0x\w+\)", ebx=0xfee00020)
    yield bad("ebx-rom", r"01: start_info: bad magic \(0x\w+\)", ebx=0xfffffff0)
    yield bad("version-0", r"02: start_info: no memory map, in version \(0x0\)", version=0)
    yield bad("no-entries", r"02: start_info: no memory map, in version \(0x1\)", memmap=[])
    yield bad("map-at-0", r"02: start_info: no memory map, in version \(0x1\)", fields={"memmap": 0})
    yield bad("1025-entries", r"03: start_info: memmap_entries too large \(0x401\)", fields={"memmap_entries": 1025})
    yield bad("all-ones-entries", r"03: start_info: memmap_entries too large \(0xffffffff\)",
              fields={"memmap_entries": 0xffffffff})
    yield bad("map-at-4-gib", r"04: start_info: memmap_paddr out of reach \(0x100000000\)",
              fields={"memmap": 4 * GIB})
    yield bad("map-past-4-gib", r"04: start_info: memmap_paddr out of reach \(0xffffffb0\)",
              fields={"memmap": 4 * GIB - 80})
    yield bad("map-wraps", r"04: start_info: memmap_paddr out of reach \(0xffffffffffffffe8\)",
              fields={"memmap": LAST - 23})
    yield bad("list-at-4-gib", r"05: start_info: modlist_paddr out of reach \(0x100000000\)",
              fields={"modlist": 4 * GIB})
    yield bad("list-past-4-gib", r"05: start_info: modlist_paddr out of reach \(0xffffffe1\)",
              fields={"modlist": 4 * GIB - 31})
    yield bad("second-module-past-4-gib", r"05: start_info: modlist_paddr out of reach \(0xffffffe0\)",
              fields={"modlist": 4 * GIB - 32, "nr_modules": 2})
    yield bad("list-wraps", r"05: start_info: modlist_paddr out of reach \(0xffffffffffffffe0\)",
              fields={"modlist": LAST - 31})
    yield bad("initrd-wraps", r"06: module 0: initrd out of reach \(0xfffffffffffff000\)",
              modules=[(LAST - 4095, 8192, 0, 0)])
    yield bad("initrd-size-wraps", r"06: module 0: initrd out of reach \(0x4000000\)",
              modules=[(64 * MIB, LAST, 0, 0)])
    yield bad("initrd-beyond-cpu", r"06: module 0: initrd out of reach \(0x10000000000\)",
              modules=[(1 << 40, 4096, 0, 0)])
    yield bad("cmdline-beyond-cpu", r"07: start_info: cmdline_paddr out of reach \(0xfffffff900\)",
              fields={"cmdline": (1 << 40) - 0x700})
    yield bad("cmdline-wraps", r"07: start_info: cmdline_paddr out of reach \(0xffffffffffffffff\)",
              fields={"cmdline": LAST})
    yield bad("ebx-last-bytes", r"09: start_info: out of reach \(0xfffffffc\)", ebx=0xfffffffc)
    yield bad("initrd-larger-than-ram", r"15: memory map: too little RAM, of size \(0xff9fc00\)",
              modules=[(128 * MIB, 256 * MIB, 0, 0)])
    yield bad("initrd-to-be-moved", r"15: memory map: too little RAM, of size \(0xff9fc00\)",
              modules=[(140 * MIB, 125 * MIB, 0, 0)])
    yield bad("no-ram", r"15: memory map: too little RAM, of size \(0x0\)", memmap=[(0, 256 * MIB, 2)])
    yield bad("empty-entries", r"15: memory map: too little RAM, of size \(0x0\)", memmap=[(0, 0, 1), (MIB, 0, 1)])
    yield bad("little-ram", r"15: memory map: too little RAM, of size \(0x89fc00\)",
              memmap=[(0, 0x9fc00, 1), (16 * MIB, 8 * MIB, 1)])
    yield bad("ram-under-reserved", r"15: memory map: too little RAM, of size \(0x80000\)",
              memmap=[*MAP, (0x80000, 512 * MIB, 5)])
    yield bad("1025-modules", r"16: start_info: nr_modules too large \(0x401\)", fields={"nr_modules": 1025})
    yield bad("garbage-modules", r"16: start_info: nr_modules too large \(0xaaaaaaaa\)",
              fields={"nr_modules": 0xaaaaaaaa, "modlist": 0xaaaaaaaaaaaaaaaa})
    yield bad("no-room", r"17: memory map: no free RAM for its rest, of size \(0x28\)",
              memmap=[(0, 0x9fc00, 1)] + [(GIB + index * 0x2000, 0x1000, 2) for index in range(128)])
    yield bad("all-ram-reserved", r"17: memory map: no free RAM for its rest, of size \(0x28\)",
              memmap=[(0, 256 * MIB, 1), (0, 256 * MIB, 2)] +
              [(GIB + index * 0x2000, 0x1000, 2) for index in range(127)])


def in_kernel():
    """What overlaps the kernel's image, its .bss or the memory behind that it uses first."""
    def bad(name, error, make):
        return Case(name, make, error=error)
    yield bad("info-in-kernel", r"10: start_info: overlaps the kernel \(0x\w+\)",
              lambda start, end: small(ebx=start + 0x1000))
    yield bad("info-before-kernel", r"10: start_info: overlaps the kernel \(0x\w+\)",
              lambda start, end: small(start_info=start - 55))
    yield bad("info-in-bss", r"10: start_info: overlaps the kernel \(0x\w+\)",
              lambda start, end: small(start_info=end - 56))
    yield bad("info-at-end", r"10: start_info: overlaps the kernel \(0x\w+\)",
              lambda start, end: small(start_info=end - 1))
    yield bad("map-in-bss", r"11: start_info: memmap_paddr overlaps the kernel \(0x\w+\)",
              lambda start, end: small(memmap_at=end - 0x100))
    yield bad("map-before-kernel", r"11: start_info: memmap_paddr overlaps the kernel \(0x\w+\)",
              lambda start, end: small(fields={"memmap": start - 95}))
    yield bad("list-in-bss", r"12: start_info: modlist_paddr overlaps the kernel \(0x\w+\)",
              lambda start, end: small(modlist=end - 32))
    yield bad("second-module-in-kernel", r"12: start_info: modlist_paddr overlaps the kernel \(0x\w+\)",
              lambda start, end: small(fields={"nr_modules": 2, "modlist": start - 63}))
    yield bad("initrd-in-bss", r"13: module 0: initrd overlaps the kernel \(0x\w+\)",
              lambda start, end: small(modules=[(end - 1, 4096, 0, 0)]))
    yield bad("initrd-before-kernel", r"13: module 0: initrd overlaps the kernel \(0x\w+\)",
              lambda start, end: small(modules=[(start - 4096, 4097, 0, 0)]))
    yield bad("initrd-around-kernel", r"13: module 0: initrd overlaps the kernel \(0x\w+\)",
              lambda start, end: small(modules=[(MIB, 128 * MIB, 0, 0)]))
    yield bad("cmdline-in-bss", r"14: start_info: cmdline_paddr overlaps the kernel \(0x\w+\)",
              lambda start, end: small(cmdline=end - 0x800))
    yield bad("cmdline-into-kernel", r"14: start_info: cmdline_paddr overlaps the kernel \(0x\w+\)",
              lambda start, end: small(fields={"cmdline": start - 4}, raw=[(start - 4, b"abcd")]))
    yield Case("cmdline-ends-before-kernel", lambda start, end: small(cmdline=start - len(APPEND) - 1))
    yield Case("info-ends-before-kernel", lambda start, end: small(start_info=start - 56))
    yield Case("all-behind-kernel",
               lambda start, end: small(start_info=end, modlist=end + 56, cmdline=end + 88, memmap_at=end + 2136))


def headers():
    """start_info itself, its place and its fields."""
    for version in (1, 2, 7, 0xffffffff):
        yield Case(f"version-{version:#x}", lambda start, end, version=version: small(version=version))
    yield Case("flags", lambda start, end: small(flags=0xffffffff, fields={"reserved": 0xffffffff}))
    yield Case("unaligned", lambda start, end: small(start_info=START_INFO + 1, modlist=MODLIST + 3,
                                                     memmap_at=MEMMAP + 5, cmdline=CMDLINE + 7))
    yield Case("page-borders", lambda start, end: small(start_info=0x6fd0, modlist=0x7ff0, memmap_at=0x8ff4))
    yield Case("rsdp-none", lambda start, end: small(rsdp=0))
    def no_rsdp(name, address, content):
        return Case(name, lambda start, end: small(rsdp=address, raw=[(address, content)] if content else []),
                    warnings=(f"04: start_info: no RSDP at rsdp_paddr, ignored ({address:#x})",))
    yield no_rsdp("rsdp-garbage", 0x5000, b"\xff" * 64)
    yield no_rsdp("rsdp-checksum", 0x5000, b"RSD PTR \xff" + b"\0" * 56)
    yield no_rsdp("rsdp-nothing-there", 0xc0000000, b"")
    yield no_rsdp("rsdp-last-bytes", 0xffffffdc, b"")
    yield Case("rsdp-beyond-cpu", lambda start, end: small(rsdp=1 << 52),
               warnings=("03: start_info: rsdp_paddr out of reach, ignored (0x10000000000000)",))
    yield Case("rsdp-wraps", lambda start, end: small(rsdp=LAST),
               warnings=("03: start_info: rsdp_paddr out of reach, ignored (0xffffffffffffffff)",))
    yield Case("rsdp-last", lambda start, end: small(rsdp=(1 << 40) - 36))


def modules():
    """The initrd and what else is in the list."""
    other = (0x5000, 16, 0x5100, LAST)
    for count, more in ((1, 0x1), (2, 0x2), (1023, 0x3ff)):
        yield Case(f"{1 + count}-modules",
                   lambda start, end, count=count: small(modules=[None] + [other] * count, modlist=0x40000),
                   warnings=(f"01: modules after the first ignored ({more:#x})",))
    yield Case("no-modules", lambda start, end: small(modules=[]), initrd=False)
    yield Case("list-at-0", lambda start, end: small(fields={"modlist": 0}), initrd=False)
    yield Case("module-at-0", lambda start, end: small(modules=[(0, 4096, 0, 0)]), initrd=False)
    yield Case("module-empty", lambda start, end: small(modules=[(64 * MIB, 0, 0, 0)]), initrd=False)
    yield Case("module-garbage", lambda start, end: small(modules=[(64 * MIB, 5000, LAST, LAST)]), initrd=False)
    yield Case("module-nowhere", lambda start, end: small(modules=[(0xc0000000, 5000, 0, 0)]), initrd=False)
    # The initrd is at the end of RAM: before it are zeroes, behind it is nothing.
    yield Case("module-half-in-ram", lambda start, end: small(modules=[(255 * MIB, 2 * MIB, 0, 0)]))


def command_lines():
    """None, long ones, and ones that do not end."""
    long = APPEND + " " + "x" * 4000
    too_long = "Command line too long, truncated to 2047 characters"
    yield Case("cmdline-none", lambda start, end: small(fields={"cmdline": 0}), cmdline="")
    yield Case("cmdline-empty", lambda start, end: small(append=b"\0"), cmdline="")
    yield Case("cmdline-2047", lambda start, end: small(append=text(long[:2047])), cmdline=long[:2047])
    yield Case("cmdline-2048", lambda start, end: small(append=text(long[:2048])), cmdline=long[:2047], log=too_long)
    yield Case("cmdline-4000", lambda start, end: small(append=text(long[:4000])), cmdline=long[:2047], log=too_long)
    yield Case("cmdline-no-end", lambda start, end: small(append=text(long, b"")), cmdline=long[:2047], log=too_long)


def memory_maps():
    """Entries of all kinds: the guest's map is compared with them, byte by byte."""
    hole = 64 * MIB
    def good(name, memmap, **more):
        return Case(name, lambda start, end: small(memmap=memmap), **more)
    yield good("map-reversed", MAP[::-1])
    yield good("map-one-entry", [(0, 256 * MIB, 1)])
    yield good("map-isa-is-ram", [(0, 256 * MIB, 1), (0xa0000, 0x60000, 1)])
    yield good("map-empty-entries", [(0, 0, 0), (hole, 0, 2), *MAP, (LAST, 0, 1), (0, 0, 5)])
    yield good("map-adjacent", [(0, 0x9fc00, 1)] + [(MIB + index * 255 * 4096, 255 * 4096, 1) for index in range(256)])
    yield good("map-adjacent-1024", MAP[:1] + [(MIB * (1 + index // 4) + MIB // 4 * (index % 4), MIB // 4, 1)
                                               for index in range(1020)])
    yield good("map-overlapping", [*MAP, (hole, 8 * MIB, 2), (hole + MIB, 2 * MIB, 4), (hole - MIB, 3 * MIB, 3)])
    yield good("map-twice", MAP + MAP)
    yield good("map-unaligned",
               [*MAP[:3], (0x100001, 100 * MIB + 3, 1), (0x6500005, 0x7ff, 2), (0x6600007, 0x99fffff, 1)])
    yield good("map-unknown-types", [*MAP] + [(hole + index * 8192, 4096, kind) for index, kind in enumerate(
        (5, 6, 7, 8, 9, 12, 13, 255, 0x7fffffff, 0xefffffff, 0xfffffffe, 0xffffffff))])
    yield good("map-type-0", [*MAP, (hole, 4096, 0)])
    yield good("map-persistent-pieces", [*MAP, (GIB, MIB, 12), (GIB + MIB, MIB, 12), (GIB + 2 * MIB, MIB, 12)])
    yield good("map-high-reserved", [*MAP, (1 << 52, 1 << 40, 2), (LAST - 4095, 4095, 2)])
    yield good("map-entry-wraps", [*MAP, (LAST - 4095, 8192, 2)],
               warnings=("02: memory map: entry wraps around (0xfffffffffffff000)",))
    yield good("map-entry-wraps-all", [*MAP, (1 << 63, LAST, 2)],
               warnings=("02: memory map: entry wraps around (0x8000000000000000)",))
    for count in (124, 125, 126, 127):
        # With 1 more in front: around what boot_params holds.
        yield good(f"map-{count + 2}-holes",
                   [*MAP[:1], *((hole + index * 8192, 4096, 2) for index in range(count)), MAP[3]],
                   **TOO_MANY)
    # Low RAM, the ISA area and the rest of RAM make three more: a kernel without NUMA has room for 131, less two.
    for count in (126, 127):
        yield good(f"map-{count + 3}-ranges",
                   [*MAP[:1], *((GIB + index * 8192, 4096, 2) for index in range(count)), MAP[3]],
                   **(TOO_MANY if count == 127 else {}))
    for count in (128, 200, 300, 1000, 1022):
        yield good(f"map-{count + 2}-entries",
                   [*MAP[:1], *((GIB + index * 8192, 4096, 2) for index in range(count)), MAP[3]],
                   **TOO_MANY)
    # More pieces of RAM than that take the kernel minutes under emulation: for each, it walks the map for each gap.
    pieces = [*MAP[:1], (MIB, 127 * MIB, 1), *((128 * MIB + index * 0x1f000, 0x1e000, 1) for index in range(200)),
              *((GIB + index * 8192, 4096, 2) for index in range(822))]
    yield good("map-1024-ram-pieces", pieces, **TOO_MANY)
    yield good("map-1024-unsorted", [pieces[index * 389 % 1024] for index in range(1024)],
               **TOO_MANY)
    # The ISA area covers the holes, but the kernel settles what boot_params holds first, and that is without it.
    holes = ((0xa0000 + index * 64, 16, 2) for index in range(126))
    yield good("map-holes-in-isa-area", [(0, MIB, 1), (2 * MIB, 254 * MIB, 1), *holes], **TOO_MANY)
    yield good("map-same-range-1000-times", [*[(GIB, 4096, 2), (GIB, 8192, 2)] * 500, *MAP],
               **TOO_MANY)


def overlaps():
    """Parts that overlap one another: they are read only."""
    yield Case("list-behind-map", lambda start, end: small(modlist=MEMMAP + 96))
    yield Case("cmdline-behind-map", lambda start, end: small(cmdline=MEMMAP + 96))
    yield Case("info-behind-cmdline", lambda start, end: small(start_info=CMDLINE + len(APPEND) + 1))
    yield Case("list-is-map", lambda start, end: small(fields={"modlist": MEMMAP}), initrd=False)
    yield Case("cmdline-is-map", lambda start, end: small(fields={"cmdline": MEMMAP}), cmdline="")
    yield Case("cmdline-is-start-info", lambda start, end: small(fields={"cmdline": START_INFO}), cmdline=None)
    yield Case("info-in-initrd", lambda start, end: small(modules=[(START_INFO - 2048, 4096, 0, 0)]), initrd=False)
    # The third entry is the beginning of start_info, its type the address of the module list.
    yield Case("info-is-map-entry",
               lambda start, end: small([MAP[0], MAP[3], (0, 0, 0)], memmap_at=START_INFO - 48),
               memmap=[MAP[0], MAP[3], (0x1336ec578, 1 << 32, MODLIST)])


def high_places():
    """Above 1 GiB, where mainline's page tables end, to 3.9 GiB and above 4 GiB."""
    at = AT_3_9_GIB
    def good(name, make, **more):
        return Case(name, lambda start, end: make(), **more)
    yield good("all-at-3.9-gib", lambda: top(start_info=at, modlist=at + 0x100, memmap_at=at + 0x1000,
                                             cmdline=at + 0x3000), machine="top")
    yield good("initrd-at-3.9-gib", lambda: top(modules=[(at, None, 0, 0)]), machine="top", initrd_at=at)
    yield good("info-at-2-gib", lambda: big(start_info=2 * GIB - 4), machine="big")
    yield good("map-at-1-gib", lambda: big(memmap_at=GIB - 24), machine="big")
    yield good("initrd-above-4-gib", lambda: big(modules=[(ABOVE_4_GIB, None, 0, 0)]), machine="big",
               initrd_at=ABOVE_4_GIB, error32=r"06: module 0: initrd out of reach \(0x101000000\)")
    yield good("cmdline-above-4-gib", lambda: big(cmdline=ABOVE_4_GIB), machine="big",
               error32=r"07: start_info: cmdline_paddr out of reach \(0x101000000\)")
    yield good("cmdline-across-4-gib", lambda: big(fields={"cmdline": 4 * GIB - 4}), machine="big", cmdline=None,
               error32=r"07: start_info: cmdline_paddr out of reach \(0xfffffffc\)")


def real_loaders():
    """The layouts of loaders in use."""
    for name, world in layouts.BOOTING.items():
        missing = (f"04: start_info: no RSDP at rsdp_paddr, ignored ({world.rsdp:#x})",) if world.rsdp else ()
        yield Case(f"loader-{name}", lambda start, end, world=world: world, warnings=missing)
    yield Case("loader-xen-dom0", lambda start, end: layouts.XEN_DOM0,
               error=r"02: start_info: no memory map, in version \(0x0\)")


def tests():
    """All cases."""
    kinds = (broken, in_kernel, headers, modules, command_lines, memory_maps, overlaps, high_places, real_loaders)
    return [case for kind in kinds for case in kind()]

