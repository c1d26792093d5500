#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Writes a copy of a vmlinux that loaders put elsewhere in memory, to test that the PVH entry does not mind.

    relocate.py VMLINUX DISTANCE COPY
"""

import struct
import sys

PT_LOAD, PT_NOTE = 1, 4
XEN_ELFNOTE_PHYS32_ENTRY = 18


class Elf64:
    """The program headers and notes of a 64-bit little-endian ELF file, to read and to change."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = bytearray(file.read())
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path}: not a 64-bit little-endian ELF file")
        self.headers, = struct.unpack_from("<Q", self.data, 32)
        self.size, self.count = struct.unpack_from("<HH", self.data, 54)

    def segments(self, kind):
        """(offset of the program header, file offset, paddr, file size) of each segment of a kind."""
        for index in range(self.count):
            at = self.headers + index * self.size
            if struct.unpack_from("<I", self.data, at)[0] == kind:
                offset, _, paddr, size = struct.unpack_from("<4Q", self.data, at + 8)
                yield at, offset, paddr, size

    def note(self, owner, number):
        """(file offset, size) of the value of a note."""
        for _, at, _, size in self.segments(PT_NOTE):
            end = at + size
            while at + 12 <= end:
                name_size, value_size, kind = struct.unpack_from("<3I", self.data, at)
                value = at + 12 + (name_size + 3 & ~3)
                if kind == number and self.data[at + 12:at + 12 + name_size] == owner + b"\0":
                    return value, value_size
                at = value + (value_size + 3 & ~3)
        raise ValueError(f"no ELF note {number} of {owner.decode()}")

    def add(self, code, at, distance):
        """Adds to a number in the file."""
        number, = struct.unpack_from(code, self.data, at)
        struct.pack_into(code, self.data, at, number + distance)

    def copy_notes(self):
        """Makes the note segment another copy of the notes than the one that is loaded.

        The kernel may find out how far it was moved by the note that lies in its memory.
        """
        (at, offset, _, size), = self.segments(PT_NOTE)
        struct.pack_into("<Q", self.data, at + 8, len(self.data))
        self.data += self.data[offset:offset + size]

    def pvh_entry(self):
        """The physical address of the PVH entry."""
        at, size = self.note(b"Xen", XEN_ELFNOTE_PHYS32_ENTRY)
        return int.from_bytes(self.data[at:at + size], "little")


def relocate(source, distance, target):
    """Moves all segments and both entries up."""
    elf = Elf64(source)
    for at, _, _, _ in list(elf.segments(PT_LOAD)):
        elf.add("<Q", at + 24, distance)
    elf.copy_notes()
    at, size = elf.note(b"Xen", XEN_ELFNOTE_PHYS32_ENTRY)
    elf.add("<Q" if size == 8 else "<I", at, distance)
    elf.add("<Q", 24, distance)
    with open(target, "wb") as file:
        file.write(elf.data)


if __name__ == "__main__":
    relocate(sys.argv[1], int(sys.argv[2], 0), sys.argv[3])
