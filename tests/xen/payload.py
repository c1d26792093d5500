# SPDX-License-Identifier: GPL-2.0
"""What dom0 of an emulated host finds under /payload: kernels, initrds, a disk, and the scripts of dom0/."""

import os
import pathlib

import disk
import xenhost

ROOT = xenhost.ROOT
KERNEL_DIR = pathlib.Path(os.environ.get("KERNEL_DIR", ROOT / "build" / "kernel" / "series"))
KERNELS = {
    "vmlinux": "x86_64/vmlinux",
    "bzImage": "x86_64/arch/x86/boot/bzImage",
    "vmlinux32": "i386-pae/vmlinux",
}
INITRDS = {"initrd": "initrd-x86_64.cpio.gz", "initrd32": "initrd-i386.cpio.gz"}


class MissingError(Exception):
    """Something has to be built first."""


def files(kernel_dir, directory, names=(*KERNELS, *INITRDS)):
    """Maps names to bytes; the disk's image is made in the directory."""
    paths = {name: kernel_dir / path for name, path in KERNELS.items()}
    paths |= {name: ROOT / "build" / "guest" / path for name, path in INITRDS.items()}
    missing = [str(paths[name]) for name in names if not paths[name].exists()]
    if missing:
        raise MissingError(f"not built: {', '.join(missing)}: run scripts/kernel and tests/guest/build")
    found = {name: paths[name].read_bytes() for name in names}
    found |= {path.name: path.read_bytes() for path in (ROOT / "tests" / "xen" / "dom0").iterdir()}
    found["guest-bytes"] = xenhost.pattern(seed=2, size=1 << 20)
    found["peer-bytes"] = xenhost.pattern(seed=3, size=1 << 20)
    found["disk.img"] = disk.image(directory)
    return found
