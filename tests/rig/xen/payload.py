# SPDX-License-Identifier: GPL-2.0
"""What dom0 of an emulated host finds under /payload: kernels, initrds, a disk, the scripts of dom0/, programs."""

import os
import pathlib
import subprocess

import grub
import hvm
import instrumented
import life
import qemu

HERE = pathlib.Path(__file__).resolve().parent
KERNEL_DIR = pathlib.Path(os.environ.get("KERNEL_DIR", qemu.BUILD / "kernel" / "series"))
KERNELS = {
    "vmlinux": "x86_64/vmlinux",
    "bzImage": "x86_64/arch/x86/boot/bzImage",
    "vmlinux32": "i386-pae/vmlinux",
    "bzImage32": "i386-pae/arch/x86/boot/bzImage",
}
# Those of the tests that take long.
LONG_KERNELS = {"vmlinux-distro": "x86_64-distro/vmlinux",
                "bzImage-distro": "x86_64-distro/arch/x86/boot/bzImage",
                "vmlinux-noacpi": "x86_64-noacpi/vmlinux",
                "bzImage-noacpi": "x86_64-noacpi/arch/x86/boot/bzImage",
                "bzImage-cloud": "debian-cloud/arch/x86/boot/bzImage",
                **{f"bzImage-{name}": f"{name}/arch/x86/boot/bzImage" for name in instrumented.BUILT}}
# Those that GRUB starts, too: each makes an image of its own.
BY_GRUB = ("bzImage", "bzImage-noacpi", "bzImage32", "bzImage-cloud")
INITRDS = {"initrd": "initrd-x86_64.cpio.gz", "initrd32": "initrd-i386.cpio.gz",
           "initrd-kexec": "kexec-x86_64.cpio.gz"}
PROGRAMS = ("start-info", "stream", "grants")
COMPILE = ["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]


class MissingError(Exception):
    """Something has to be built first."""


def program(name, directory):
    """Compiles a program; the releases' C libraries are not older than this machine's."""
    target = pathlib.Path(directory) / name
    subprocess.run([*COMPILE, "-o", target, HERE / f"{name}.c"], check=True, timeout=120)
    return target.read_bytes()


def files(kernel_dir, directory, names=(*KERNELS, *INITRDS)):
    """Maps names to bytes."""
    paths = {name: kernel_dir / path for name, path in (KERNELS | LONG_KERNELS).items()}
    paths |= {name: qemu.GUEST / path for name, path in INITRDS.items()}
    missing = [str(paths[name]) for name in names if not paths[name].exists()]
    if missing:
        raise MissingError(f"not built: {', '.join(missing)}: run scripts/kernel and tests/rig/guest/build")
    found = {name: paths[name].read_bytes() for name in names}
    found |= {path.name: path.read_bytes() for path in (HERE / "dom0").iterdir()}
    found |= {name: program(name, directory) for name in PROGRAMS}
    found["disk.img"] = life.disk()
    found |= grub.images(directory, paths, [name for name in names if name in BY_GRUB])
    found |= hvm.files(paths["vmlinux"], directory)
    return found
