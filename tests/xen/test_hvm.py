# SPDX-License-Identifier: GPL-2.0
"""HVM domains, which look much like PVH ones to the kernel's native path: none may be taken for one."""

import pytest

import hvm
import qemu
from domu import POWEROFF, alarms, boot, check_basics, config
from xenhost import Domain

MIB, VCPUS = 256, 2
I440FX = "0x1237"


def settings(kernel="bzImage", **more):
    """xl's configuration, without what would only take time."""
    return config("hvm", kernel, VCPUS, MIB, vga="none", vnc=0, **more)


@pytest.mark.parametrize("kernel,more", [
    pytest.param("bzImage", {"serial": "pty"}, marks=pytest.mark.first("4.17")),
    pytest.param("bzImage", {"xen_platform_pci": 0}, marks=pytest.mark.first("4.20")),
    pytest.param("bzImage", {"acpi": 0, "device_model_override": "/payload/device-model"},
                 marks=pytest.mark.first("4.20")),
    pytest.param(hvm.KERNEL, {"xen_platform_pci": 0}, marks=pytest.mark.first("4.17")),
], ids=["usual", "no-platform-device", "no-acpi", "pvh-entry"])
def test_hvm(host, request, kernel, more):
    """As usual, without the Xen platform device, without ACPI tables, and entered by QEMU through the PVH entry."""
    host.run(f"cp /payload/{hvm.OPTION_ROM} {hvm.ROMS}/")
    made = settings(kernel, **more)
    domain = boot(host, f"hvm-{request.node.callspec.id.partition('-')[2]}", made)
    check_basics(domain, made, "HVM")
    assert domain.facts["host_bridge"] == I440FX
    assert domain.facts["acpi"] == ("no" if "acpi" in more else "yes")
    assert len(domain.device_models) == 1


@pytest.mark.first("4.20")
def test_nopv(host):
    """nopv is obeyed: the kernel knows nothing of Xen, so the report comes through the emulated serial port."""
    output = "/tmp/hvm-nopv.serial"
    domain = Domain(host, "hvm-nopv", settings(extra="console=ttyS0 panic=-1 quiet nopv", serial=f"file:{output}"))
    domain.create()
    try:
        assert domain.wait() == POWEROFF, domain.explain("nopv")
        console = host.read(output)
    finally:
        domain.destroy()
    report, = qemu.parse(console)
    assert (report["guest_type"], report["cpus_worked"], alarms(console)) == ("none", str(VCPUS), [])
