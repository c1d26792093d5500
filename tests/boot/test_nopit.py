# SPDX-License-Identifier: GPL-2.0
"""Virtual machines without a PIT, and without ACPI: an MP table is all that tells of CPUs and interrupts.

The processor that QEMU emulates says neither how fast its TSC is, nor that its local APIC timer goes on in deep sleep:
so the kernel would use the PIT. Driven by the instruction counter, the TSC ticks once a nanosecond.
"""

import pytest

import qemu

APPEND = "console=ttyS0 panic=-1"
KNOWN = " tsc_early_khz=1000000"
ICOUNT = ["-icount", "shift=5,sleep=off"]


@pytest.mark.parametrize("machine,cpus", [("pit=off,rtc=off", 1), ("pit=off,rtc=on", 4)])
def test_known_frequency(machine, cpus, kernel, initrd):
    """The local APIC timer is calibrated against the TSC, and is all that a guest needs."""
    guest = qemu.Qemu(kernel("x86_64"), f"microvm,acpi=off,{machine}", cpus, "256M", initrd("initrd-x86_64"),
                      APPEND + KNOWN, ICOUNT)
    report = guest.run()[0]
    assert [int(report[key]) for key in ("cpus_online", "cpus_worked")] == [cpus] * 2
    assert 950 <= int(report["clock"]) <= 1050
    assert 200 <= int(report["sleep_ms"]) <= 300


def test_unknown_frequency(kernel, initrd):
    """Nothing tells the time: the kernel says so, and stops."""
    guest = qemu.Qemu(kernel("x86_64"), "microvm,acpi=off,pit=off,rtc=off", 1, "256M", initrd("initrd-x86_64"), APPEND,
                      ICOUNT)
    with pytest.raises(qemu.GuestError, match="IO-APIC . timer doesn't work"):
        guest.run()
