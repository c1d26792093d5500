# SPDX-License-Identifier: GPL-2.0
"""Guests of real KVM, started through the PVH entry: CPUs, memory, clock, and how they end."""

import pytest

import figures
import instrumented
import kvmhost

MIB = 1 << 20
QEMU_LOADER, KEXEC_LOADER = 0xb, 0xd
APPEND = "console=ttyS0 quiet panic=-1"
END = {True: "reboot: Power down", False: "reboot: Restarting system"}


def start(host, kernel, machine, cpus=1, memory=256, words="", **more):
    """Runs a guest until it ends; returns the guest and its report."""
    # Without ACPI it cannot power off.
    append = f"{APPEND}{words}{' pvh.then=reboot' if 'acpi=off' in machine else ''}"
    guest = kvmhost.Guest(host, kernel, machine, cpus, f"{memory}M", append=append, **more)
    report, = guest.run()
    assert report["cmdline"] == append and report["initrd"] == "initrd-x86_64"
    return guest, report


def check(report, cpus, memory):
    """KVM was found and its clock is used; CPUs, memory and time are right."""
    assert (report["hypervisor"], report["clocksource"]) == ("KVMKVMKVM", "kvm-clock")
    assert [int(report[key]) for key in ("cpus_online", "cpus_possible", "cpus_worked")] == [cpus] * 3
    assert (memory - 2) * MIB < int(report["ram_bytes"]) <= memory * MIB
    assert 950 <= int(report["clock"]) <= 1050
    assert 200 <= int(report["sleep_ms"]) <= 1000


def check_end(guest, acpi):
    """The guest has ended its machine by itself, as it was to."""
    assert guest.status == 0
    assert [words for words in END.values() if words in guest.console] == [END[acpi]], guest.console


@pytest.mark.parametrize("machine,cpus,memory", [
    ("q35", 1, 256), ("q35", 4, 1024), ("pc", 4, 256), ("microvm", 1, 256), ("microvm", 4, 1024),
    ("microvm,acpi=off", 1, 256), ("microvm,acpi=off", 4, 256), ("microvm,pit=off", 1, 256),
    ("microvm,rtc=off", 1, 256), ("microvm,rtc=on", 1, 256)])
def test_boot(machine, cpus, memory, host):
    guest, report = start(host, "vmlinux", machine, cpus, memory)
    assert int(report["loader"]) >> 4 == QEMU_LOADER and report["boot_protocol"] == "0x020c"
    acpi = "acpi=off" not in machine
    assert report["acpi"] == ("yes" if acpi else "no")
    check(report, cpus, memory)
    check_end(guest, acpi)


@pytest.mark.parametrize("machine", ["q35", "microvm"])
def test_bzimage(machine, host):
    """The Linux boot protocol works beside the PVH entry."""
    guest, report = start(host, "bzImage", machine)
    assert report["boot_protocol"] == "0x020f"
    check(report, 1, 256)
    check_end(guest, True)


@pytest.mark.long
@pytest.mark.parametrize("machine", ["q35", "pc", "microvm", "microvm,acpi=off"])
@pytest.mark.parametrize("cpus", [1, 4])
def test_debian(machine, cpus, host):
    """A kernel with the configuration of Debian's cloud kernel: what users boot, with its options and size."""
    acpi = "acpi=off" not in machine
    guest, report = start(host, "vmlinux-cloud", machine, cpus, 512, limit=20)
    # The kernel has no CONFIG_X86_MPPARSE: without ACPI it finds one CPU.
    check(report, cpus if acpi else 1, 512)
    check_end(guest, acpi)


@pytest.mark.long
@pytest.mark.parametrize("machine", ["q35", "microvm"])
@pytest.mark.parametrize("name", instrumented.KERNELS)
def test_instrumented(name, machine, host):
    """A kernel that watches itself complains of nothing, CPUs that go and come included."""
    guest, report = start(host, name, machine, instrumented.CPUS, 1024,
                          f" loglevel=7 pvh.cycle=1{instrumented.KERNELS[name]}", limit=120)
    check(report, instrumented.CPUS, 1024)
    # The host has one CPU: a vCPU that is asked before it has gone to sleep answers without an interrupt.
    assert report["cycled"] == str(instrumented.CPUS - 1) or report["cycled"].endswith(": answers without interrupts")
    assert instrumented.missing(name, guest.console) == []
    check_end(guest, True)


@pytest.mark.parametrize("machine,how", [("q35", "kexec_file"), ("microvm", "kexec_load")])
def test_kexec(machine, how, host):
    """Another kernel is started from the guest, with all that it had."""
    guest = kvmhost.Guest(host, "vmlinux", machine, 2, "512M", "initrd-kexec", f"{APPEND} pvh.then={how}")
    first, second = guest.run(reports=2)
    assert [int(report["loader"]) >> 4 for report in (first, second)] == [QEMU_LOADER, KEXEC_LOADER]
    assert second["initrd"] == "initrd-x86_64" and "kexeced=1" in second["cmdline"].split()
    for report in (first, second):
        check(report, 2, 512)
    check_end(guest, True)


def test_kaslr(host, kernel):
    """Two guests get two bases, neither the one that the kernel is linked for, unless there is nokaslr."""
    linked = figures.symbols(kernel("x86_64"))["_text"]
    first, second = (int(start(host, "vmlinux", "microvm")[1]["text"], 16) - linked for _ in range(2))
    assert first and second and first != second
    assert first % (2 * MIB) == second % (2 * MIB) == 0
    assert int(start(host, "vmlinux", "microvm", words=" nokaslr")[1]["text"], 16) == linked
