# SPDX-License-Identifier: GPL-2.0
"""The disk that domains mount: an ext2 file system with checksummed files, and what a guest writes to it."""

import hashlib
import pathlib
import random
import subprocess
import zlib

import xenhost

SIZE = "16M"
FILES = {"empty": 0, "small": 37, "page": 4096, "large": 3 << 20}
WRITTEN_SEED, WRITTEN_SIZE = 1, 4 << 20


def image(directory):
    """Makes the image: the files, and the list "sums" of their checksums, which the guest verifies."""
    content = pathlib.Path(directory) / "disk"
    content.mkdir()
    sums = ""
    for name, size in FILES.items():
        data = random.Random(name).randbytes(size)
        (content / name).write_bytes(data)
        sums += f"{zlib.crc32(data):08x} {name}\n"
    (content / "sums").write_text(sums)
    target = pathlib.Path(directory) / "disk.img"
    subprocess.run(["mke2fs", "-q", "-t", "ext2", "-d", content, target, SIZE], check=True, timeout=60)
    return target.read_bytes()


def written_sha256():
    """The SHA-256 of the file that the guest writes."""
    return hashlib.sha256(xenhost.pattern(WRITTEN_SEED, WRITTEN_SIZE)).hexdigest()


def sha256_on(host, path):
    """The SHA-256 of that file as dom0 reads it from the domain's disk."""
    host.run(f"mount -t ext2 -o ro,loop {path} /mnt")
    try:
        return host.run("sha256sum /mnt/written").split()[0]
    finally:
        host.run("umount /mnt")
