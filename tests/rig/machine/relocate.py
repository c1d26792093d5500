#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Writes a copy of a vmlinux that loaders put elsewhere in memory.

    relocate.py VMLINUX DISTANCE COPY
"""

import io
import pathlib
import sys

from elftools.elf.elffile import ELFFile

XEN_ELFNOTE_PHYS32_ENTRY, XEN_ELFNOTE_PHYS32_RELOC = 18, 19


class Elf(ELFFile):
    """An ELF file in memory, to read and to change."""

    def __init__(self, path):
        super().__init__(io.BytesIO(pathlib.Path(path).read_bytes()))

    def put(self, at, data):
        """Replaces bytes of the file."""
        self.stream.seek(at)
        self.stream.write(data)

    def note(self, number):
        """Xen's note of a number. pyelftools parses those of other numbers as GNU's: none is read without need."""
        for segment in self.iter_segments("PT_NOTE"):
            for note in segment.iter_notes():
                if (note.n_name, note.n_type) == ("Xen", number):
                    return note
        raise ValueError(f"no ELF note {number} of Xen")

    def pvh_entry(self):
        """The physical address of the PVH entry."""
        return int.from_bytes(self.note(XEN_ELFNOTE_PHYS32_ENTRY).n_descdata, "little")


def relocate(source, distance, target):
    """Moves all segments and both entries up.

    The notes become a copy at the end of the file: by those in its memory the kernel may find out how far it was moved.
    """
    elf = Elf(source)
    note = elf.note(XEN_ELFNOTE_PHYS32_ENTRY)
    (before, after), = (segment.data().split(note.n_descdata) for segment in elf.iter_segments("PT_NOTE"))
    moved = (elf.pvh_entry() + distance).to_bytes(note.n_descsz, "little")
    elf.header.e_entry += distance
    elf.put(0, elf.structs.Elf_Ehdr.build(elf.header))
    for index, segment in enumerate(elf.iter_segments()):
        if segment.header.p_type == "PT_LOAD":
            segment.header.p_paddr += distance
        elif segment.header.p_type == "PT_NOTE":
            segment.header.p_offset = len(elf.stream.getbuffer())
        elf.put(elf["e_phoff"] + index * elf["e_phentsize"], elf.structs.Elf_Phdr.build(segment.header))
    pathlib.Path(target).write_bytes(elf.stream.getvalue() + before + moved + after)


if __name__ == "__main__":
    relocate(sys.argv[1], int(sys.argv[2], 0), sys.argv[3])
