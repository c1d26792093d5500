# SPDX-License-Identifier: GPL-2.0
"""The kernel as a PVH dom0, which sees of the machine what Xen shows it: with ACPI tables, and with unreadable ones.

Xen lets a PVH dom0 read the memory that the firmware calls ACPI's. There OVMF keeps its tables. SeaBIOS keeps them in
reserved memory: their addresses are handed to dom0, but all that it reads there is ones.
"""

import pytest

import figures
import grub
import payload
import qemu
from domu import HVC, XEN_LOADER, check_clock
from emulated import QEMU

XEN = "loglvl=all com1=115200,8n1 console=com1 bootscrub=0 dom0=pvh dom0-iommu=none dom0_mem=256M dom0_max_vcpus=2"
OVMF = "/usr/share/ovmf/OVMF.fd"
CPUS, MIB = 2, 1024
# It runs beside another emulated machine, and OVMF takes its time.
LIMIT = 300
# OVMF waits by counting, so the fewer instructions a second has, the sooner it is through.
MACHINE = ["-cpu", "qemu64,+svm,+npt", "-icount", "shift=3,sleep=off", *figures.REPEATABLE]


def start(machine, kernels):
    """Runs the machine until it ends; returns dom0's report."""
    report, = machine.run(until_exit=True)
    try:
        assert report["guest_type"] == "PVH"
        assert int(report["loader"]) >> 4 == XEN_LOADER
        assert report["initrd"] == "initrd-x86_64"
        assert report["cpus_worked"] == str(CPUS)
        assert int(report["text"], 16) != figures.symbols(kernels / payload.KERNELS["vmlinux"])["_text"]
        check_clock(report)
    except AssertionError as error:
        raise machine.failure("dom0 saw something else") from error
    return report


@pytest.fixture
def parts(xen_files, kernels):
    """What the machine boots: names and paths."""
    return {"xen": xen_files / "xen", "linux": kernels / payload.KERNELS["bzImage"],
            "initrd": qemu.GUEST / payload.INITRDS["initrd"]}


@pytest.mark.first("4.17")
def test_with_acpi(parts, kernels, tmp_path):
    """OVMF starts GRUB, which starts Xen. dom0 switches the machine off."""
    image = grub.efi_image(tmp_path, parts, f"multiboot2 (memdisk)/xen {XEN}\nmodule2 (memdisk)/linux {HVC}\n"
                                            "module2 (memdisk)/initrd\nboot\n")
    machine = qemu.Qemu(image, "pc", CPUS, f"{MIB}M", extra=[*MACHINE, "-bios", OVMF], limit=LIMIT, program=QEMU)
    assert start(machine, kernels)["acpi"] == "yes"


@pytest.mark.long
def test_panic(parts, kexec_initrd):
    """A panic of dom0 with a crash kernel loaded is a crash to Xen, which would start a crash kernel of its own."""
    modules = f"{parts['linux']} {HVC} crashkernel=96M pvh.then=kdump,{kexec_initrd}"
    machine = qemu.Qemu(parts["xen"], "pc", CPUS, f"{MIB}M", modules, XEN, MACHINE, limit=LIMIT, program=QEMU, crash=True)
    machine.run(until_exit=True)
    assert "marked=" in machine.console and "Hardware Dom0 crashed" in machine.console


def test_without_readable_acpi(parts, kernels):
    """SeaBIOS, and QEMU starts Xen. dom0 comes up all the same; only Xen can restart the machine for it."""
    modules = f"{parts['linux']} {HVC} pvh.then=reboot,{parts['initrd']}"
    machine = qemu.Qemu(parts["xen"], "pc", CPUS, f"{MIB}M", modules, XEN, MACHINE, limit=LIMIT, program=QEMU)
    start(machine, kernels)
    assert "Hardware Dom0 shutdown: rebooting machine" in machine.console
