#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Writes a copy of a vmlinux that loaders put elsewhere in memory.

    relocate.py VMLINUX DISTANCE COPY
"""

import struct
import sys

PT_LOAD, PT_NOTE = 1, 4
XEN_ELFNOTE_PHYS32_ENTRY = 18


class Elf:
    """The program headers and notes of a little-endian ELF file of x86, to read and to change."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = bytearray(file.read())
        if self.data[:4] != b"\x7fELF" or self.data[4] not in (1, 2) or self.data[5] != 1:
            raise ValueError(f"{path}: not a little-endian ELF file")
        # A number of the file's own size; where program headers are counted; where a segment's offset is.
        self.code, counts, self.offset_at = ("<Q", 54, 8) if self.data[4] == 2 else ("<I", 42, 4)
        self.word = struct.calcsize(self.code)
        self.headers, = struct.unpack_from(self.code, self.data, 24 + self.word)
        self.size, self.count = struct.unpack_from("<HH", self.data, counts)

    def segments(self, kind):
        """(offset of the program header, file offset, paddr, file size) of each segment of a kind."""
        for index in range(self.count):
            at = self.headers + index * self.size
            if struct.unpack_from("<I", self.data, at)[0] == kind:
                offset, _, paddr, size = struct.unpack_from("<4" + self.code[1], self.data, at + self.offset_at)
                yield at, offset, paddr, size

    def notes(self):
        """(owner, type, file offset, size) of each note, with those of its value."""
        for _, at, _, size in self.segments(PT_NOTE):
            end = at + size
            while at + 12 <= end:
                name_size, value_size, kind = struct.unpack_from("<3I", self.data, at)
                value = at + 12 + (name_size + 3 & ~3)
                yield bytes(self.data[at + 12:at + 12 + name_size]).rstrip(b"\0"), kind, value, value_size
                at = value + (value_size + 3 & ~3)

    def note(self, owner, number):
        """(file offset, size) of the value of a note."""
        for name, kind, value, size in self.notes():
            if (name, kind) == (owner, number):
                return value, size
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
        struct.pack_into(self.code, self.data, at + self.offset_at, len(self.data))
        self.data += self.data[offset:offset + size]

    def pvh_entry(self):
        """The physical address of the PVH entry."""
        at, size = self.note(b"Xen", XEN_ELFNOTE_PHYS32_ENTRY)
        return int.from_bytes(self.data[at:at + size], "little")


def relocate(source, distance, target):
    """Moves all segments and both entries up."""
    elf = Elf(source)
    for at, _, _, _ in list(elf.segments(PT_LOAD)):
        elf.add(elf.code, at + elf.offset_at + 2 * elf.word, distance)
    elf.copy_notes()
    at, size = elf.note(b"Xen", XEN_ELFNOTE_PHYS32_ENTRY)
    elf.add("<Q" if size == 8 else "<I", at, distance)
    elf.add(elf.code, 24, distance)
    with open(target, "wb") as file:
        file.write(elf.data)


if __name__ == "__main__":
    relocate(sys.argv[1], int(sys.argv[2], 0), sys.argv[3])
