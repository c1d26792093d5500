# SPDX-License-Identifier: GPL-2.0
"""Configurations that no test kernel has: they build without a warning, and start under QEMU.

They are built one after the other in a copy of the directory of x86_64, so that only what differs is compiled.
"""

import os
import subprocess

import pytest

import qemu
from relocate import XEN_ELFNOTE_PHYS32_ENTRY, XEN_ELFNOTE_PHYS32_RELOC, Elf
from test_isolation import TREE

pytestmark = pytest.mark.long
OUT = qemu.BUILD / "variants"
KERNEL = "x86_64"
APPEND = "console=ttyS0 panic=-1"
ICOUNT = ["-icount", "shift=5,sleep=off"]
# What a build of everything takes at most, in seconds.
LIMIT = 7200
# The assembler adds a note to each object, as that of some distributions does by default.
NOTES = "-Wa,-mx86-used-note=yes"

# The options that differ, and make's words.
VARIANTS = {
    "no-x2apic": ({"XEN_DOM0": "n", "X86_X2APIC": "n"}, []),
    "no-xen": ({"XEN": "n"}, []),
    "no-pv": ({"XEN_PV": "n", "XEN_DOM0": "y", "XEN_PVH": "y"}, []),
    "no-pci": ({"PCI": "n", "XEN_PVH": "y"}, []),
    "up": ({"SMP": "n"}, [f"KCFLAGS={NOTES}", f"KAFLAGS={NOTES}"]),
}


def make(*words):
    """Runs make as scripts/kernel does: other words would have everything compiled anew; returns what it said."""
    done = subprocess.run(["make", "-C", TREE, f"O={OUT}", "ARCH=x86", "LOCALVERSION=", "CC=ccache gcc",
                           "HOSTCC=ccache gcc", f"-j{os.cpu_count()}", *words],
                          capture_output=True, text=True, timeout=LIMIT)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-4000:]
    return output


def configure(config, options):
    """Changes the options in this configuration; they hold."""
    names = {f"CONFIG_{name}" for name in options}
    kept = [line for line in config.read_text().splitlines() if not names & set(line.replace("=", " ").split())]
    wanted = [f"CONFIG_{name}={value}" for name, value in options.items()]
    (OUT / ".config").write_text("\n".join([*kept, *wanted, ""]))
    make("-s", "olddefconfig")
    found = [line for line in (OUT / ".config").read_text().splitlines() if line.partition("=")[0] in names]
    assert sorted(found) == sorted(line for line in wanted if not line.endswith("=n"))


@pytest.fixture(scope="module")
def directory(kernel):
    """The copy, as it is before the first variant."""
    built = kernel(KERNEL).parent
    OUT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", f"{built}/.", OUT], check=True, timeout=600)
    return built


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request, directory):
    """(name, vmlinux) of a variant, which was built without a warning."""
    options, words = VARIANTS[request.param]
    configure(directory / ".config", options)
    output = make(*words, "vmlinux")
    assert "warning:" not in output.lower(), output[-4000:]
    return request.param, OUT / "vmlinux"


def boot(vmlinux, initrd):
    """Starts it through the PVH entry; returns its report.

    Without PCI, ACPICA gives up (mainline's, too): a microvm's serial port has no interrupt then, and nothing powers off.
    """
    guest = qemu.Qemu(vmlinux, "q35", 2, "256M", initrd("initrd-x86_64"), APPEND, ICOUNT)
    report, = guest.run()
    assert report["boot_protocol"] == "0x020c"
    return report


def test_boots(variant, initrd):
    name, vmlinux = variant
    report = boot(vmlinux, initrd)
    assert report["xen_kernel"] == ("no" if name == "no-xen" else "yes")
    assert report["cpus_worked"] == ("1" if name == "up" else "2")


def test_notes(variant, initrd, tmp_path):
    """However the kernel is stripped, one segment has all notes, with their alignment, and the entry is found."""
    _, vmlinux = variant
    small = tmp_path / "vmlinux"
    for command in (["strip", "-s", "-o", small, vmlinux], ["objcopy", "-R", ".comment", "-S", vmlinux, small]):
        subprocess.run(command, check=True, timeout=60)
        elf = Elf(small)
        segment, = elf.iter_segments("PT_NOTE")
        assert segment["p_align"] == 4
        assert elf.note(XEN_ELFNOTE_PHYS32_ENTRY) and elf.note(XEN_ELFNOTE_PHYS32_RELOC)
        boot(small, initrd)
