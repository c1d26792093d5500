# SPDX-License-Identifier: GPL-2.0
"""Writes cpio archives (format newc) for the kernel: the same bytes every time, and no need to be root."""

import gzip
import os
import stat


def entry(name, mode, data=b"", device=(0, 0), number=0):
    """One member of an archive."""
    encoded = name.encode() + b"\0"
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
    return _padded(head) + _padded(data)


def _padded(data):
    return data + bytes(-len(data) % 4)


def archive(files, devices=()):
    """files maps a name to (mode, content), devices is a list of (name, major, minor)."""
    names = set(files) | {name for name, _, _ in devices}
    folders = {name[:at] for name in names for at, char in enumerate(name) if char == "/"}
    members = [(folder, stat.S_IFDIR | 0o755, b"", (0, 0)) for folder in folders]
    members += [(name, stat.S_IFREG | mode, data, (0, 0)) for name, (mode, data) in files.items()]
    members += [(name, stat.S_IFCHR | 0o600, b"", (major, minor)) for name, major, minor in devices]
    packed = [entry(*member, number) for number, member in enumerate(sorted(members), 1)]
    return b"".join(packed) + entry("TRAILER!!!", 0)


def compress(data):
    """gzip without a time stamp, and zeros behind it: what is loaded as an initrd ends at the beginning of a page.

    QEMU's microvm loads it to the end of memory, where the last page has its firmware's ACPI tables from 0xd40 on.
    """
    packed = gzip.compress(data, compresslevel=6, mtime=0)
    return packed + bytes(-len(packed) % 4096 + 1)


def write_if_changed(path, data):
    """Replaces the file in one step, and only when its content is another one; says whether it did."""
    try:
        with open(path, "rb") as old:
            if old.read() == data:
                return False
    except FileNotFoundError:
        pass
    temporary = f"{path}.new"
    with open(temporary, "wb") as new:
        new.write(data)
    os.replace(temporary, path)
    return True
