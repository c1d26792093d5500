# SPDX-License-Identifier: GPL-2.0
"""Another kernel started from a guest that came up through the PVH entry: kexec by both calls, and kdump."""

import pytest

import figures
import memorymap
import qemu
from handover import log_of
from test_boot import APPEND, ICOUNT, MIB, QEMU_LOADER

KEXEC_LOADER = 0xd
MEMORY, CRASH_MIB = 512, 160


def run_two_kernels(machine, how, kernel, archive, words="", cpu="qemu64"):
    """Starts the guest, which starts the second kernel; returns the reports of both."""
    guest = qemu.Qemu(kernel("x86_64"), machine, 2, f"{MEMORY}M", archive,
                      f"{APPEND} pvh.then={how}{words}", [*ICOUNT, *figures.REPEATABLE, "-cpu", cpu], limit=150, crash=how == "kdump",
                      known=qemu.KNOWN.get(machine, ()))
    first, second = guest.run(reports=2)
    assert int(first["loader"]) >> 4 == QEMU_LOADER
    assert first["initrd"] == "kexec-x86_64"
    assert second["initrd"] == "initrd-x86_64"
    assert "kexeced=1" in second["cmdline"].split()
    assert int(second["loader"]) >> 4 == KEXEC_LOADER
    return first, second


@pytest.mark.parametrize("machine,how,cpu", [
    ("q35", "kexec_load", "max"), ("q35", "kexec_file", "qemu64"), ("microvm", "kexec_load", "qemu64"),
    ("microvm", "kexec_file", "max")])
def test_kexec(machine, how, cpu, kernel, kexec_initrd):
    """With 4 levels of page tables, and with 5."""
    first, second = run_two_kernels(machine, how, kernel, kexec_initrd, cpu=cpu)
    assert first["la57"] == second["la57"] == ("yes" if cpu == "max" else "no")
    assert second["cpus_worked"] == first["cpus_worked"] == "2"
    assert abs(int(first["ram_bytes"]) - int(second["ram_bytes"])) < 4 * MIB


@pytest.mark.parametrize("machine", ["q35", "microvm"])
def test_kdump(machine, kernel, kexec_initrd):
    """The dump has all of the first kernel's memory above 1 MiB, byte by byte, but for the crash kernel's own."""
    first, second = run_two_kernels(machine, "kdump", kernel, kexec_initrd, f" crashkernel={CRASH_MIB}M")
    ram = sum(end - start for start, end, kind in memorymap.table(log_of(first)) if kind == memorymap.RAM and start >= MIB)
    assert int(second["vmcore_bytes"]) == ram - CRASH_MIB * MIB
    assert second["vmcore_marked"] == "4096"
    offset = int(first["text"], 16) - figures.symbols(kernel("x86_64"))["_text"]
    assert int(second["vmcore_offset"], 16) == offset and offset
    assert second["vmcore_symbol"] == "init_uts_ns"
    assert second["cpus_worked"] == "1"
    assert int(second["mem_kib"]) < CRASH_MIB * 1024
