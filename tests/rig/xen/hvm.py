# SPDX-License-Identifier: GPL-2.0
"""What an HVM domain needs so that its QEMU starts a vmlinux, which it does through the PVH entry.

Xen's QEMU is one for 32-bit processors, and loads 32-bit files only: the vmlinux gets such a file's headers.
"""

import pathlib
import subprocess

KERNEL = "vmlinux-elf"
OPTION_ROM = "pvh.bin"
ROMS = pathlib.Path("/usr/share/qemu")


def files(vmlinux, directory):
    """Maps names to bytes."""
    target = pathlib.Path(directory) / KERNEL
    subprocess.run(["objcopy", "-O", "elf32-i386", "-S", vmlinux, target], check=True, timeout=60)
    return {KERNEL: target.read_bytes(), OPTION_ROM: (ROMS / OPTION_ROM).read_bytes()}
