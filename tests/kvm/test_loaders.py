# SPDX-License-Identifier: GPL-2.0
"""Guests of real KVM that start as those of other monitors do: with their start_info, and devices as they have them."""

import dataclasses

import pytest

import kvmhost
import layouts
import loader
import memorymap
from test_guest import APPEND, check, check_end

CPUS, MIB = 2, 1 << 20
# Two have no ACPI, but an MP table, a PIT and, with Firecracker, a keyboard controller; the other one has ACPI with
# reduced hardware, and nothing of a PC. The RSDP is that of QEMU's tables.
MONITORS = {"firecracker": (layouts.FIRECRACKER, "microvm,acpi=off,rtc=off", ["-device", "i8042"]),
            "libkrun": (layouts.LIBKRUN, "microvm,acpi=off,rtc=off", []),
            "cloud-hypervisor": (dataclasses.replace(layouts.CLOUD_HYPERVISOR, rsdp=None),
                                 "microvm,rtc=off,pit=off,pic=off", [])}


@pytest.mark.parametrize("monitor", MONITORS)
def test_boot(monitor, host, kernel, initrd):
    """All CPUs, the memory of the monitor's map, its command line and initrd, kvm-clock; and it ends by itself."""
    world, machine, devices = MONITORS[monitor]
    acpi = world.rsdp is None
    append = APPEND + ("" if acpi else " pvh.then=reboot")
    world = dataclasses.replace(world, append=append.encode() + b"\0")
    size = initrd("initrd-x86_64").stat().st_size
    at = layouts.LIBKRUN_END - size if monitor == "libkrun" else loader.INITRD
    host.feed(loader.image(world, kernel("x86_64"), at, size), "cat >/payload/loader")
    extra = [*devices, *loader.files("/payload/vmlinux", "/payload/initrd", at)]
    guest = kvmhost.Guest(host, "loader", machine, CPUS, "256M", None, extra=extra)
    report, = guest.run()
    assert (report["cmdline"], report["initrd"]) == (append, "initrd-x86_64")
    assert (report["acpi"], report["boot_protocol"]) == ("yes" if acpi else "no", "0x020c")
    check(report, CPUS, max(sum(entry[:2]) for entry in world.memmap if entry[2] == memorymap.RAM) // MIB)
    check_end(guest, acpi)
