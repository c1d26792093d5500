# SPDX-License-Identifier: GPL-2.0
"""A loader that hands a World over to a kernel, where no debugger can: an ELF file that QEMU starts by the PVH entry.

It runs when the firmware has done its work, so that nothing of the firmware's is in the way. The kernel and its initrd
are loaded by QEMU beside it.
"""

import struct

import handover
import relocate

# Where the loader and the initrd are, in the upper half of a guest with 256 MiB.
HERE, INITRD = 0x8000000, 0xa000000
# The field rsdp_paddr of start_info.
RSDP = 32
# ELF's numbers, the sizes of its headers, and where the code follows them.
ET_EXEC, EM_X86_64, PT_LOAD, PT_NOTE = 2, 62, 1, 4
EHDR, PHDR, CODE = 64, 56, 0x1000

# cld, and room for what is done with the firmware's start_info.
FIRST = b"\xfc" + 8 * b"\x90"


def copy(source, target, size):
    """Code: mov esi, mov edi, mov ecx, rep movsb."""
    return struct.pack("<BIBIBI2s", 0xbe, source, 0xbf, target, 0xb9, size, b"\xf3\xa4")


def program(parts, world, entry):
    """Code and data of the loader, from HERE + CODE on: all parts go to their places, the kernel's entry comes last."""
    length = len(FIRST) + len(parts) * len(copy(0, 0, 0)) + 12
    data, code, starts = HERE + CODE + length, FIRST, {}
    for target, content in parts:
        starts[target] = data
        data += len(content)
    if world.rsdp is None:
        # mov eax, [ebx + 32]; mov [start_info.rsdp_paddr], eax: that of QEMU's firmware.
        code = struct.pack("<B2sBBI", 0xfc, b"\x8b\x43", RSDP, 0xa3, starts[world.start_info] + RSDP)
    code += b"".join(copy(starts[target], target, len(content)) for target, content in parts)
    # mov ebx, start_info; mov eax, entry; jmp eax
    code += struct.pack("<BIBI2s", 0xbb, world.start_info, 0xb8, entry, b"\xff\xe0")
    assert len(code) == length
    return code + b"".join(content for _, content in parts)


def image(world, kernel, initrd_at, initrd_size):
    """The ELF file for a World, the path of a vmlinux and an initrd's place."""
    found = handover.Found(0, (initrd_at, initrd_size, 0, 0), [])
    code = program(list(world.parts(found)), world, relocate.Elf(kernel).pvh_entry())
    note = struct.pack("<3I4sI", 4, 4, relocate.XEN_ELFNOTE_PHYS32_ENTRY, b"Xen", HERE + CODE)
    header = struct.pack("<16sHHI3QI6H", b"\x7fELF\x02\x01\x01", ET_EXEC, EM_X86_64, 1, HERE + CODE, EHDR, 0, 0, EHDR, PHDR,
                         2, 0, 0, 0)
    load = struct.pack("<2I6Q", PT_LOAD, 7, CODE, HERE + CODE, HERE + CODE, len(code), len(code), CODE)
    notes = struct.pack("<2I6Q", PT_NOTE, 4, EHDR + 2 * PHDR, 0, 0, len(note), len(note), 4)
    return (header + load + notes + note).ljust(CODE, b"\0") + code


def files(kernel, initrd, initrd_at):
    """QEMU's options that load a vmlinux and an initrd beside the loader."""
    return ["-device", f"loader,file={kernel}", "-device", f"loader,file={initrd},addr={initrd_at:#x},force-raw=on"]
