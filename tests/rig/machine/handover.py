# SPDX-License-Identifier: GPL-2.0
"""Puts any start_info, memory map, module list and command line, anywhere, in front of the real stub in a real guest.

The guest is stopped at its PVH entry by QEMU's debugger interface. What QEMU's firmware has left there is replaced,
%ebx set, and the guest let go. It ends in a report of its init, or in a line of the stub's.
"""

import dataclasses
import pathlib
import re
import struct
import subprocess
import tempfile
import time

import qemu
import relocate
from debugger import Debugger

LIMIT = 40
# How long a guest that has halted is watched.
HALTED = 1
MIB, GIB = 1 << 20, 1 << 30
MAGIC = 0x336ec578
ICOUNT = ["-icount", "shift=5,sleep=off"]
APPEND = "console=ttyS0 quiet panic=-1"
INITRDS = {"x86_64": "initrd-x86_64", "x86_64-noxen": "initrd-x86_64", "i386-pae": "initrd-i386"}
# Nothing of the firmware's is there any more once the entry is reached: low memory is ours.
START_INFO, MODLIST, MEMMAP, CMDLINE = 0x6000, 0x6800, 0x8000, 0x20000
LINE = re.compile(r"^pvh: .*\n", re.M)


@dataclasses.dataclass
class World:
    """What a loader hands over. Addresses say where each part is put; fields of start_info follow them.

    fields replaces what start_info would say; raw is further (address, bytes); ebx=None points to start_info.
    modules are (paddr, size, cmdline, reserved), None standing for the initrd where QEMU has put it.
    """
    memmap: list
    append: bytes = APPEND.encode() + b"\0"
    modules: list = dataclasses.field(default_factory=lambda: [None])
    version: int = 1
    flags: int = 0
    start_info: int = START_INFO
    modlist: int = MODLIST
    memmap_at: int = MEMMAP
    cmdline: int = CMDLINE
    rsdp: int = None
    fields: dict = dataclasses.field(default_factory=dict)
    raw: list = dataclasses.field(default_factory=list)
    ebx: int = None

    def header(self, found):
        """start_info, as its 56 bytes; found is the one of QEMU's firmware."""
        fields = {"magic": MAGIC, "version": self.version, "flags": self.flags, "nr_modules": len(self.modules),
                  "modlist": self.modlist, "cmdline": self.cmdline,
                  "rsdp": found.rsdp if self.rsdp is None else self.rsdp,
                  "memmap": self.memmap_at, "memmap_entries": len(self.memmap), "reserved": 0}
        assert set(self.fields) <= set(fields)
        return struct.pack("<4I4Q2I", *(fields | self.fields).values())

    def parts(self, found):
        """(address, bytes) of all that is to be written; start_info last, so that it wins."""
        modules = [found.module if module is None else module for module in self.modules]
        yield self.modlist, b"".join(struct.pack("<4Q", *module) for module in modules)
        yield self.memmap_at, b"".join(struct.pack("<2Q2I", *entry, 0) for entry in self.memmap)
        yield self.cmdline, self.append
        yield self.start_info, self.header(found)
        yield from self.raw

    def write(self, debugger):
        """Puts it into the memory of a guest that is stopped at its PVH entry."""
        found = Found.read(debugger)
        for address, data in self.parts(found):
            debugger.write(address, data)
        debugger.set_ebx(self.start_info if self.ebx is None else self.ebx)


@dataclasses.dataclass
class Found:
    """What QEMU's firmware has handed over."""
    rsdp: int
    module: tuple
    memmap: list

    @classmethod
    def read(cls, debugger):
        """Reads it out of the guest."""
        fields = struct.unpack("<4I4Q2I", debugger.read(debugger.ebx(), 56))
        nr_modules, modlist, rsdp, memmap, entries = (fields[index] for index in (3, 4, 6, 7, 8))
        module = struct.unpack("<4Q", debugger.read(modlist, 32)) if nr_modules else (0, 0, 0, 0)
        table = debugger.read(memmap, entries * 24)
        return cls(rsdp, module, [struct.unpack_from("<2QI", table, at) for at in range(0, len(table), 24)])


class Launcher:
    """Guests of one kernel. files are (path, address) of what QEMU itself loads beside the kernel."""

    def __init__(self, kernel, initrd, machine="microvm", memory="256M", files=(), append=APPEND, extra=ICOUNT):
        loaded = [word for path, at in files
                  for word in ("-device", f"loader,file={path},addr={at:#x},force-raw=on")]
        self.kernel = kernel
        self.halted = False
        self.guest = qemu.Qemu(kernel, machine, memory=memory, initrd=initrd, append=append,
                               extra=[*loaded, *extra])

    def launch(self, change):
        """Runs a guest that change(debugger) has changed at its PVH entry; returns it with what it has said."""
        with tempfile.TemporaryDirectory() as folder:
            gdb, debugcon, serial = (pathlib.Path(folder) / name for name in ("gdb", "debugcon", "serial"))
            command = self.guest.command(debugcon) + ["-S", "-gdb", f"unix:{gdb},server=on,wait=off"]
            command[command.index("-serial") + 1] = f"file:{serial}"
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            try:
                debugger = Debugger(gdb)
                debugger.run_to(relocate.Elf(self.kernel).pvh_entry())
                change(debugger)
                debugger.go()
                self._wait(process, debugcon, serial)
                if stub_lines(self.guest):
                    time.sleep(HALTED)
                    self._read(debugcon, serial)
                    self.halted = process.poll() is None and debugger.halted()
            finally:
                process.kill()
                process.wait()
        return self.guest

    def hand_over(self, world):
        """Runs a guest that is handed a World over."""
        return self.launch(world.write)

    def _read(self, debugcon, serial):
        self.guest.debugcon = debugcon.read_text(errors="replace") if debugcon.exists() else ""
        self.guest.console = serial.read_text(errors="replace") if serial.exists() else ""

    def _wait(self, process, debugcon, serial):
        """Waits until the guest has reported, or the stub has given up, or QEMU ended."""
        deadline = time.monotonic() + LIMIT
        while True:
            ended = process.poll() is not None
            self._read(debugcon, serial)
            if ended or over(self.guest):
                return
            if time.monotonic() > deadline:
                raise self.guest.failure(f"neither a report nor an error within {LIMIT} s")
            time.sleep(0.05)


def stub_lines(guest):
    """What the stub has said on port 0xe9."""
    return LINE.findall(guest.debugcon)


def over(guest):
    """Whether nothing more is to be expected: the stub has given up, init has reported, or the kernel has panicked."""
    return stub_lines(guest) or "pvh-report: end" in guest.console or "end Kernel panic" in guest.console


def outcome(guest):
    """How a guest ended: ("boot", report), ("error", line), ("kernel", its last words), ("silence", "")."""
    reports, lines = qemu.parse(guest.console), stub_lines(guest)
    if reports and not lines:
        return "boot", reports[0]
    if lines:
        return "error", lines[-1].strip().removeprefix("pvh: ")
    words = [line for line in guest.console.splitlines() if "panic" in line or "Oops" in line or "BUG" in line]
    return ("kernel", words[-1]) if words else ("silence", "")


def log_of(report):
    """What the guest's kernel log says of memory, a list of lines without their times."""
    return [report[f"log.{index}"].partition("] ")[2] for index in range(int(report["log"]))]
