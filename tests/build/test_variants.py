# SPDX-License-Identifier: GPL-2.0
"""Configurations that no test kernel has: they build without a warning, and start under QEMU.

All are built in one directory, one after the other. Each begins with the configuration of x86_64.
"""

import os
import subprocess

import pytest

import qemu
from relocate import XEN_ELFNOTE_PHYS32_ENTRY, XEN_ELFNOTE_PHYS32_RELOC, Elf
from test_isolation import make

pytestmark = pytest.mark.long
OUT = qemu.BUILD / "variants"
KERNEL = "x86_64"
APPEND = "console=ttyS0 panic=-1"
ICOUNT = ["-icount", "shift=5,sleep=off"]
# The assembler adds notes of its own to each object, as it does by default in some distributions.
NOTES = "-Wa,-mx86-used-note=yes"

# The options that differ, and make's words.
VARIANTS = {
    "no-x2apic": ({"XEN_DOM0": "n", "X86_X2APIC": "n"}, []),
    "no-pv": ({"XEN_PV": "n", "XEN_DOM0": "y", "XEN_PVH": "y"}, []),
    "no-pci": ({"PCI": "n", "XEN_PVH": "y"}, []),
    "up": ({"SMP": "n"}, [f"KCFLAGS={NOTES}", f"KAFLAGS={NOTES}"]),
}


def line(option, value):
    """How .config says it."""
    return f"# CONFIG_{option} is not set" if value == "n" else f"CONFIG_{option}={value}"


def configure(config, options):
    """Makes the configuration; all the options hold in it."""
    names = {f"CONFIG_{option}" for option in options}
    kept = [text for text in config.read_text().splitlines() if not names & set(text.replace("=", " ").split())]
    OUT.mkdir(exist_ok=True)
    wanted = [line(*option) for option in options.items()]
    (OUT / ".config").write_text("\n".join([*kept, *wanted, ""]))
    status, output = make(OUT, ["-s"], "olddefconfig")
    assert status == 0, output[-2000:]
    # What does not exist any more, because of another option, is not mentioned.
    found = (OUT / ".config").read_text().splitlines()
    assert all(text in found or value == "n" and not any(entry.startswith(f"CONFIG_{option}=") for entry in found)
               for text, (option, value) in zip(wanted, options.items())), wanted


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request, kernel):
    """(name, vmlinux) of a variant, which was built without a complaint."""
    options, words = VARIANTS[request.param]
    configure(kernel(KERNEL, ".config"), options)
    status, output = make(OUT, ["CC=ccache gcc", f"-j{os.cpu_count()}", *words], "vmlinux")
    assert status == 0 and "warning:" not in output.lower(), output[-4000:]
    return request.param, OUT / "vmlinux"


def boot(vmlinux, initrd):
    """Starts it through the PVH entry, until it has ended; returns its report."""
    guest = qemu.Qemu(vmlinux, "microvm", 2, "256M", initrd("initrd-x86_64"), APPEND, ICOUNT)
    report, = guest.run(until_exit=True)
    return report


def test_boots(variant, initrd):
    name, vmlinux = variant
    report = boot(vmlinux, initrd)
    assert (report["boot_protocol"], report["xen_kernel"], report["guest_type"]) == ("0x020c", "yes", "")
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
        assert boot(small, initrd)["boot_protocol"] == "0x020c"
