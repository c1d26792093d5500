# SPDX-License-Identifier: GPL-2.0
"""GRUB as a loader: of a PVH domain, where it starts a bzImage by the native entry, and of Xen on UEFI.

An image of GRUB is all that a domain needs: it carries the kernel, the initrd and its own configuration. The latter
has room in the image, where dom0 writes what the domain is to do.
"""

import pathlib
import subprocess
import tarfile

from domu import config, initrd_for

LOADER = 7
DISK = "(memdisk)"
ROOM = "?" * 1024


def make(target, platform, files, text, *modules):
    """An image that carries files, by name, and does what the configuration says; returns its path."""
    disk, early = pathlib.Path(f"{target}.tar"), pathlib.Path(f"{target}.cfg")
    with tarfile.open(disk, "w") as archive:
        for name, path in files.items():
            archive.add(path, name)
    early.write_text(text)
    subprocess.run(["grub-mkimage", "-O", platform, "-c", early, "-m", disk, "-p", "/", "-o", target,
                    "memdisk", "tar", *modules], check=True, timeout=60)
    return target


def images(directory, paths, kernels):
    """Maps a name to GRUB, as a kernel for type="pvh", for each of these bzImages; see settings()."""
    made = {}
    for kernel in kernels:
        target = pathlib.Path(directory) / kernel.replace("bzImage", "grub")
        carried = {"linux": paths[kernel], "initrd": paths[initrd_for(kernel)]}
        made[target.name] = make(target, "i386-xen_pvh", carried, ROOM, "linux").read_bytes()
    return made


def settings(host, name, ending, vcpus, mib, words):
    """xl's configuration of a domain where GRUB starts the bzImage with that ending; makes its image."""
    source, target = f"grub{ending}", f"/tmp/{name}-grub{ending}"
    text = f"linux {DISK}/linux {words}\ninitrd {DISK}/initrd\nboot\n"
    assert len(text) <= len(ROOM)
    host.run(f"""cp /payload/{source} {target}
dd of={target} conv=notrunc bs=1 seek={host.payload[source].index(ROOM.encode())} <<'END'
{text.ljust(len(ROOM) - 1)}
END""")
    # GRUB looks at nothing that the tools hand over, so this is only what the kernel is expected to see.
    made = config("pvh", source, vcpus, mib, extra=f"BOOT_IMAGE={DISK}/linux {words}")
    del made["ramdisk"]
    return {**made, "kernel": target}


def efi_image(directory, files, text):
    """GRUB as a UEFI program with these files and that configuration; returns its path."""
    return make(pathlib.Path(directory) / "grub.efi", "x86_64-efi", files, text, "multiboot2")
