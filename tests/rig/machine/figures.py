# SPDX-License-Identifier: GPL-2.0
"""Measures what the PVH entry costs: instructions counted by QEMU, and bytes of the image by section."""

import json
import pathlib
import re
import subprocess
import tempfile

from elftools.elf.constants import SH_FLAGS

import qemu
import relocate
from debugger import Debugger, connect

# With -icount, a guest does the same each time, and its kernel has the same base: nothing of the host's clock reaches it.
REPEATABLE = ["-rtc", "base=2026-01-01,clock=vm", "-seed", "1"]
# One instruction is one nanosecond of the guest's clock.
EXACT = ["-icount", "shift=0,sleep=off", *REPEATABLE]
INITRD = qemu.GUEST / "initrd-x86_64.cpio.gz"
APPEND = "console=ttyS0 quiet"
# The objects of the entry, of mainline and of the series, as vmlinux.a names what is linked.
ENTRY = r"arch/x86/(platform/pvh|xen/xen-pvh)/[^/]+\.o$|arch/x86/xen/enlighten_pvh\.o$"

# The limits of the series: instructions from the PVH entry to the native one, without KASLR; those that KASLR adds, by
# relocation; from power-on to init, without and with KASLR, as a part of mainline's.
MOST_INSTRUCTIONS = 10000
MOST_PER_RELOCATION = 9.5
MOST_TO_INIT = {"nokaslr": 1.002, "KASLR": 1.003}
MOST_DATA = 5120


def power_on_to_init(kernel, machine, words=""):
    """Instructions from power-on to the first one of init: the time stamp that init reads."""
    guest = qemu.Qemu(kernel, machine, 1, "256M", INITRD, APPEND + words, EXACT, limit=180)
    return int(guest.run()[0]["tsc"])


class Monitor:
    """QEMU's machine protocol, to ask for the number of instructions executed so far."""

    def __init__(self, path):
        self.file = connect(path).makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command):
        """Runs a command; events that come in between are passed over."""
        self.file.write(json.dumps({"execute": command}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer:
                return answer["return"]

    def instructions(self):
        """Instructions since power-on."""
        return self.ask("query-replay")["icount"]


def entry_cost(kernel, machine="microvm", words=" nokaslr"):
    """Instructions from the PVH entry up to, and without, the first one of the native entry."""
    entry = relocate.Elf(kernel).pvh_entry()
    native = physical(kernel, "startup_64")
    with tempfile.TemporaryDirectory() as folder:
        gdb, qmp = pathlib.Path(folder) / "gdb", pathlib.Path(folder) / "qmp"
        sockets = ["-S", "-gdb", f"unix:{gdb},server=on,wait=off", "-qmp", f"unix:{qmp},server=on,wait=off"]
        record = ["-icount", f"shift=0,rr=record,rrfile={folder}/record", *REPEATABLE]
        guest = qemu.Qemu(kernel, machine, 1, "256M", INITRD, APPEND + words, [*record, *sockets])
        process = subprocess.Popen(guest.command("/dev/null"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            debugger, monitor = Debugger(gdb), Monitor(qmp)
            debugger.run_to(entry)
            start = monitor.instructions()
            debugger.run_to(native)
            return monitor.instructions() - start
        finally:
            process.kill()
            process.wait()


def tool(*command):
    """The output of a program of binutils."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout


def symbols(kernel):
    """{name: address} of a vmlinux. pyelftools takes four times as long as nm."""
    return {name: int(address, 16) for address, _, name in
            map(str.split, tool("nm", "--defined-only", kernel).splitlines())}


def physical(kernel, symbol):
    """The physical address that a symbol of vmlinux is linked for."""
    address = symbols(kernel)[symbol]
    for segment in relocate.Elf(kernel).iter_segments("PT_LOAD"):
        if 0 <= address - segment["p_vaddr"] < segment["p_memsz"]:
            return segment["p_paddr"] + address - segment["p_vaddr"]
    raise ValueError(f"{kernel}: {symbol} is in no segment")


def entry_objects(build):
    """The objects that the entry is linked from, each once."""
    objects = [path for path in tool("ar", "t", build.resolve() / "vmlinux.a").split() if re.search(ENTRY, path)]
    if not objects:
        raise ValueError(f"{build}: the kernel has no PVH entry")
    return objects


def section_kind(section):
    """text, rodata, data, bss; other for what describes code to the kernel and the unwinder."""
    if section["sh_flags"] & SH_FLAGS.SHF_EXECINSTR:
        return "text"
    if section["sh_type"] == "SHT_NOBITS":
        return "bss"
    if section["sh_flags"] & SH_FLAGS.SHF_WRITE:
        return "data"
    return "rodata" if re.match(r"\.(init\.)?rodata|\.data\.rel\.ro", section.name) else "other"


def footprint(build):
    """Bytes of the entry's objects by kind of section, and those of the whole kernel."""
    sizes = dict.fromkeys(["text", "rodata", "data", "bss", "other"], 0)
    for path in entry_objects(build):
        for section in relocate.Elf(path).iter_sections():
            if section["sh_flags"] & SH_FLAGS.SHF_ALLOC:
                sizes[section_kind(section)] += section["sh_size"]
    text, data, bss = (int(word) for word in tool("size", build / "vmlinux").split("\n")[1].split()[:3])
    return {**sizes, "vmlinux text+rodata": text, "vmlinux data": data, "vmlinux bss": bss,
            "vmlinux file": (build / "vmlinux").stat().st_size}
