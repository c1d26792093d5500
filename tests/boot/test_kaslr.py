# SPDX-License-Identifier: GPL-2.0
"""KASLR and 5-level paging of kernels that start at the PVH entry.

-seed makes the emulated RDRAND repeatable, and -icount the TSC. With both, a guest gets the same base each time.
"""

import contextlib
import pathlib
import re
import subprocess
import tempfile

import pytest

import figures
import qemu
import relocate
from debugger import Debugger

MIB = 1 << 20
ICOUNT = ["-icount", "shift=5,sleep=off"]
APPEND = "console=ttyS0 quiet panic=-1"
# Number of guests, and minimum number of different bases with and without RDRAND.
GUESTS, DISTINCT, DISTINCT_TSC = 64, 50, 40
LA57 = 1 << 12
SEEDED = ["-cpu", "max", "-seed", "1"]
# Where the memory regions begin with 4 levels of page tables and without KASLR.
REGIONS = {"page_offset_base": 0xffff888000000000, "vmalloc_base": 0xffffc90000000000, "vmemmap_base": 0xffffea0000000000}


def linked(kernel):
    """The address that _text is linked for."""
    return figures.symbols(kernel)["_text"]


def boot(kernel, initrd, words="", machine="microvm", cpus=1, extra=()):
    """Runs a guest until it has reported; returns the report, and how far its kernel was moved."""
    guest = qemu.Qemu(kernel, machine, cpus, "256M", initrd("initrd-x86_64"), f"{APPEND} {words}".strip(), extra)
    report, = guest.run()
    return report, int(report["text"], 16) - linked(kernel)


@contextlib.contextmanager
def stopped(kernel, append, extra):
    """Runs a guest up to the native entry; yields its debugger."""
    with tempfile.TemporaryDirectory() as folder:
        gdb = pathlib.Path(folder) / "gdb"
        guest = qemu.Qemu(kernel, "microvm", 1, "256M", None, append,
                          ["-S", "-gdb", f"unix:{gdb},server=on,wait=off", *extra])
        process = subprocess.Popen(guest.command("/dev/null"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            debugger = Debugger(gdb)
            debugger.run_to(figures.physical(kernel, "startup_64"))
            yield debugger
        finally:
            process.kill()
            process.wait()


def offset_of(kernel, debugger):
    """The kernel's offset, read from a relocated pointer."""
    where = figures.physical(kernel, "initial_code")
    (before,) = [segment.data()[where - segment["p_paddr"]:][:8] for segment in segments(kernel)
                 if 0 <= where - segment["p_paddr"] < segment["p_filesz"]]
    return int.from_bytes(debugger.read(where, 8), "little") - int.from_bytes(before, "little")


def segments(kernel):
    """The PT_LOAD segments of a vmlinux."""
    return list(relocate.Elf(kernel).iter_segments("PT_LOAD"))


@pytest.mark.parametrize("cpu,least", [("max", DISTINCT), ("max,-rdrand", DISTINCT_TSC)])
def test_bases(cpu, least, kernel):
    """Guests get different bases, by RDRAND or, without it, by the time stamp counter."""
    name = kernel("x86_64")
    end = figures.symbols(name)["_end"] - linked(name)
    offsets = []
    for seed in range(GUESTS):
        with stopped(name, APPEND, ["-cpu", cpu, "-seed", str(seed)]) as debugger:
            offsets.append(offset_of(name, debugger))
    assert all(offset % (2 * MIB) == 0 and 0 <= offset <= 1024 * MIB - 16 * MIB - end for offset in offsets), offsets
    assert len(set(offsets)) >= least, offsets


def relocations(kernel):
    """[(virtual address, size)] of all values to relocate, from the linker's relocation sections."""
    absolute = set(re.findall(r" [aA] (\S+)$", figures.tool("nm", kernel), re.M))
    section, found = "", []
    for line in figures.tool("readelf", "-rW", kernel.parent / "vmlinux.unstripped").splitlines():
        section = line.split("'")[1] if line.startswith("Relocation section") else section
        words = line.split()
        if section != ".rela.notes" and len(words) > 4 and words[2] in ("R_X86_64_64", "R_X86_64_32", "R_X86_64_32S") \
                and words[0].startswith("ffffffff") and words[4] not in absolute:
            found.append((int(words[0], 16), 8 if words[2] == "R_X86_64_64" else 4))
    return found


def moved(kernel, offset):
    """[(physical address, bytes)] of the segments as expected after relocation by offset."""
    places = relocations(kernel)
    for segment in segments(kernel):
        image, start = bytearray(segment.data()), segment["p_vaddr"]
        for address, size in places:
            at = address - start
            if 0 <= at < len(image):
                value = int.from_bytes(image[at:at + size], "little") + offset
                image[at:at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
        yield segment["p_paddr"], image


def test_every_relocation(kernel):
    """At the native entry, all of the kernel is relocated; only the stub's own data may differ."""
    name = kernel("x86_64")
    own = range(figures.physical(name, "__pi_pvh_gdt"), figures.physical(name, "__pi_pvh_bootparams") + 4096)
    with stopped(name, APPEND, [*ICOUNT, *SEEDED]) as debugger:
        offset = offset_of(name, debugger)
        assert offset
        for start, expected in moved(name, offset):
            found = debugger.read(start, len(expected))
            wrong = [hex(start + at) for at in range(len(expected)) if found[at] != expected[at] and start + at not in own]
            assert wrong == []


def regions(kernel, words, seed):
    """The bases of the kernel's memory regions, and how far it has been moved."""
    symbols = figures.symbols(kernel)
    with stopped(kernel, f"{APPEND} {words}", [*ICOUNT, "-cpu", "max,-la57", "-seed", seed]) as debugger:
        offset = offset_of(kernel, debugger)
        debugger.run_to(symbols["rest_init"] + offset)
        return offset, [int.from_bytes(debugger.read(symbols[name] + offset, 8), "little") for name in REGIONS]


def test_regions(kernel):
    """The bases of direct map, vmalloc and vmemmap differ between boots, but not with nokaslr."""
    name = kernel("x86_64")
    (first, found), (second, others) = (regions(name, "", seed) for seed in "12")
    assert first != second and not set(found) & {*others, *REGIONS.values()}
    assert regions(name, "nokaslr", "1") == (0, list(REGIONS.values()))


@pytest.mark.parametrize("words,moves", [("nokaslr", False), ("nokaslrx xnokaslr nokaslr=1", True)])
def test_nokaslr(words, moves, kernel, initrd):
    """nokaslr is found as a word, and only as a word."""
    _, offset = boot(kernel("x86_64"), initrd, words, extra=[*ICOUNT, *SEEDED])
    assert (offset != 0) == moves and offset % (2 * MIB) == 0


def test_panic(kernel, initrd):
    """A panic reports the same offset as /proc/kallsyms."""
    guest = qemu.Qemu(kernel("x86_64"), "microvm", 1, "256M", initrd("initrd-x86_64"), f"{APPEND} pvh.then=crash",
                      [*ICOUNT, *SEEDED], crash=True)
    report, = guest.run(until_exit=True)
    offset = int(report["text"], 16) - linked(kernel("x86_64"))
    assert offset and re.search(f"Kernel Offset: {offset:#x} from", guest.console), guest.console


def test_empty_table(kernel, initrd, tmp_path):
    """A kernel with an empty table starts without KASLR and logs it."""
    elf = relocate.Elf(kernel("x86_64"))
    table = elf.get_section_by_name(".init.relocs")
    elf.put(table["sh_offset"], bytes(table["sh_size"]))
    (tmp_path / "vmlinux").write_bytes(elf.stream.getvalue())
    guest = qemu.Qemu(tmp_path / "vmlinux", "microvm", initrd=initrd("initrd-x86_64"), append="console=ttyS0 panic=-1",
                      extra=[*ICOUNT, *SEEDED])
    report, = guest.run()
    assert int(report["text"], 16) == linked(kernel("x86_64")) and "KASLR disabled" in guest.console


@pytest.mark.parametrize("machine", ["microvm", "q35"])
def test_cost(machine, kernel):
    """Instructions of the PVH entry, by relocation."""
    cost = figures.entry_cost(kernel("x86_64"), machine, "") - figures.entry_cost(kernel("x86_64"), machine)
    assert 0 < cost / len(relocations(kernel("x86_64"))) <= figures.MOST_PER_RELOCATION


@pytest.mark.parametrize("cpu,words,levels", [
    ("max", "", 5), ("max", "no5lvl", 4), ("max,-la57", "", 4), ("qemu64", "", 4)])
def test_levels(cpu, words, levels, kernel, initrd):
    """All CPUs use 5-level paging if the CPU supports it, unless no5lvl is given."""
    report, _ = boot(kernel("x86_64"), initrd, f"{words} nokaslr", "q35", 2, [*ICOUNT, "-cpu", cpu])
    assert (report["la57"] == "yes", int(report["highest_map"], 16) >> 47 != 0) == (levels == 5,) * 2
    assert report["cpus_worked"] == "2"
    with stopped(kernel("x86_64"), f"{APPEND} {words}", ["-cpu", cpu]) as debugger:
        assert debugger.cr4() & LA57 == (LA57 if levels == 5 else 0)
