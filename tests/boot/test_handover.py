# SPDX-License-Identifier: GPL-2.0
"""What a loader hands over is changed behind its back: the guest boots, or the stub names what is wrong.

The guest is stopped at the PVH entry by QEMU's debugger interface, struct hvm_start_info changed in its memory.
"""

import pathlib
import subprocess
import tempfile
import time

import pytest

import figures
import qemu
from debugger import Debugger

LIMIT = 60
ICOUNT = ["-icount", "shift=5,sleep=off"]
APPEND = "console=ttyS0 quiet panic=-1"
KERNELS = {"x86_64": "initrd-x86_64", "i386-pae": "initrd-i386"}

# Fields of struct hvm_start_info: offset and size.
MAGIC, VERSION, NR_MODULES, MODLIST = (0, 4), (4, 4), (12, 4), (16, 8)
CMDLINE, MEMMAP, MEMMAP_ENTRIES = (24, 8), (40, 8), (48, 4)
MEMMAP_ENTRY_SIZE = 24

# What is changed, and what the stub says to it.
BAD = {
    "magic": ([(MAGIC, 0x12345678)], "error 01: start_info: bad magic (0x12345678)"),
    "version": ([(VERSION, 0)], "error 02: start_info: no memory map, in version (0x0)"),
    "nomap": ([(MEMMAP_ENTRIES, 0)], "error 02: start_info: no memory map, in version (0x1)"),
    "longmap": ([(MEMMAP_ENTRIES, 129)], "error 03: start_info: memmap_entries too large (0x81)"),
    "highmap": ([(MEMMAP, 1 << 32)], "error 04: start_info: memmap_paddr out of reach (0x100000000)"),
    "wrapmap": ([(MEMMAP, (1 << 64) - 24)], "error 04: start_info: memmap_paddr out of reach (0xffffffffffffffe8)"),
    "modlist": ([(NR_MODULES, 1), (MODLIST, (1 << 32) - 31)],
                "error 05: start_info: modlist_paddr out of reach (0xffffffe1)"),
}


def handed_over(guest, kernel, change):
    """Runs a guest that is stopped at its PVH entry for change(debugger, address of start_info)."""
    with tempfile.TemporaryDirectory() as folder:
        gdb, debugcon, serial = (pathlib.Path(folder) / name for name in ("gdb", "debugcon", "serial"))
        command = guest.command(debugcon) + ["-S", "-gdb", f"unix:{gdb},server=on,wait=off"]
        command[command.index("-serial") + 1] = f"file:{serial}"
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            debugger = Debugger(gdb)
            debugger.run_to(figures.physical(kernel, "__pvh_entry"))
            change(debugger, debugger.ebx())
            debugger.go()
            wait_for_end(guest, process, debugcon, serial)
        finally:
            process.kill()
            process.wait()


def wait_for_end(guest, process, debugcon, serial):
    """Waits until the guest has reported, or the stub has given up, or QEMU ended."""
    deadline = time.monotonic() + LIMIT
    while True:
        ended = process.poll() is not None
        guest.debugcon, guest.console = debugcon.read_text(errors="replace"), serial.read_text(errors="replace")
        if ended or guest.debugcon.endswith("\n") or "pvh-report: end" in guest.console:
            return
        if time.monotonic() > deadline:
            raise guest.failure(f"neither a report nor an error within {LIMIT} s")
        time.sleep(0.1)


def changed(fields):
    """A change of fields of start_info."""
    def change(debugger, start_info):
        for (offset, size), value in fields:
            debugger.write(start_info + offset, value.to_bytes(size, "little"))
    return change


def check_error(guest, line):
    """The line is all that the guest said, and it said so on port 0xe9 and on COM1."""
    assert guest.debugcon.splitlines() == [f"xen-pvh: {line}"], guest.failure("the wrong words")
    assert guest.console.splitlines() == [f"xen-pvh: {line}"], guest.failure("the wrong words")


@pytest.mark.parametrize("name", sorted(KERNELS))
@pytest.mark.parametrize("what", sorted(BAD))
def test_bad(what, name, kernel):
    fields, line = BAD[what]
    guest = qemu.Qemu(kernel(name), "pc", append=APPEND, extra=ICOUNT)
    handed_over(guest, kernel(name), changed(fields))
    check_error(guest, line)


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_bad_initrd(name, kernel, initrd):
    """A module that wraps around."""
    def change(debugger, start_info):
        modlist = int.from_bytes(debugger.read(start_info + MODLIST[0], 8), "little")
        debugger.write(modlist, b"\xff" * 8)
    guest = qemu.Qemu(kernel(name), "pc", initrd=initrd(KERNELS[name]), append=APPEND, extra=ICOUNT)
    handed_over(guest, kernel(name), change)
    check_error(guest, "error 06: module 0: initrd out of reach (0xffffffffffffffff)")


def test_bad_cmdline(kernel):
    """startup_32 cannot read a command line above 4 GiB."""
    guest = qemu.Qemu(kernel("i386-pae"), "pc", append=APPEND, extra=ICOUNT)
    handed_over(guest, kernel("i386-pae"), changed([(CMDLINE, 1 << 32)]))
    check_error(guest, "error 07: start_info: cmdline_paddr out of reach (0x100000000)")


def test_no_long_mode(kernel):
    """A 64-bit kernel on a 32-bit CPU."""
    guest = qemu.Qemu(kernel("x86_64"), "pc", append=APPEND, extra=["-cpu", "qemu32", *ICOUNT])
    handed_over(guest, kernel("x86_64"), lambda debugger, start_info: None)
    check_error(guest, "error 08: CPU: no long mode")


@pytest.mark.parametrize("name", sorted(KERNELS))
def test_memmap_above_1g(name, kernel, initrd):
    """Mainline's page tables end at 1 GiB."""
    def change(debugger, start_info):
        memmap = int.from_bytes(debugger.read(start_info + MEMMAP[0], 8), "little")
        entries = int.from_bytes(debugger.read(start_info + MEMMAP_ENTRIES[0], 4), "little")
        debugger.write(0xb0000000, debugger.read(memmap, entries * MEMMAP_ENTRY_SIZE))
        debugger.write(start_info + MEMMAP[0], (0xb0000000).to_bytes(8, "little"))
    guest = qemu.Qemu(kernel(name), "pc", memory="4G", initrd=initrd(KERNELS[name]), append=APPEND, extra=ICOUNT)
    handed_over(guest, kernel(name), change)
    report = qemu.parse(guest.console)
    assert report, guest.failure("no report")
    assert report[0]["initrd"] == KERNELS[name]
    assert int(report[0]["ram_bytes"]) > 2800 << 20
