# SPDX-License-Identifier: GPL-2.0
"""The table of relocations in vmlinux: its contents, and the errors that must fail the build."""

import shutil
import subprocess

import pytest

import relocate

TABLE = ".init.relocs"


@pytest.fixture
def built(kernel):
    """The directory of a kernel, with the tool and what the table is made from."""
    return kernel("x86_64").parent


def relocs(built, *words):
    """Runs the tool; returns its exit status, stdout and stderr."""
    done = subprocess.run([built / "arch/x86/tools/relocs", *words], capture_output=True, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode()


@pytest.fixture
def copy(built, tmp_path):
    """A copy of the linked kernel, relocations and all."""
    return shutil.copy(built / "vmlinux.unstripped", tmp_path / "vmlinux")


def section_header(elf, name):
    """Where the header of a section is in the file, and the header."""
    index = elf.get_section_index(name)
    return elf["e_shoff"] + index * elf["e_shentsize"], elf.get_section(index).header


def change(path, name, **fields):
    """Changes the header of a section."""
    elf = relocate.Elf(path)
    at, header = section_header(elf, name)
    for field, value in fields.items():
        header[field] = value
    elf.put(at, elf.structs.Elf_Shdr.build(header))
    with open(path, "wb") as file:
        file.write(elf.stream.getvalue())


def test_embedded(built):
    """vmlinux and vmlinux.bin have the tool's output once, at the end of .init.relocs. The rest of the section is zero."""
    status, table, _ = relocs(built, built / "vmlinux.unstripped")
    assert status == 0 and len(table) > 10000
    for name in ("vmlinux", "arch/x86/boot/compressed/vmlinux.bin"):
        data = relocate.Elf(built / name).get_section_by_name(TABLE).data()
        assert data.endswith(table) and not any(data[:-len(table)]), name
        assert (built / name).read_bytes().count(table) == 1, name


def test_repeats(built, copy):
    """Inserting the table again does not change the file."""
    assert relocs(built, "--insert", copy)[0] == 0
    with open(copy, "rb") as file, open(built / "vmlinux.unstripped", "rb") as original:
        assert file.read() == original.read()


def test_too_small(built, copy):
    """The tool fails if the table does not fit."""
    change(copy, TABLE, sh_size=relocate.Elf(copy).get_section_by_name(TABLE)["sh_size"] // 2)
    status, _, complaint = relocs(built, "--insert", copy)
    assert status == 1 and "reserved" in complaint


def test_no_section(built, copy):
    change(copy, TABLE, sh_name=0)
    status, _, complaint = relocs(built, "--insert", copy)
    assert status == 1 and f"No section {TABLE}" in complaint


@pytest.mark.parametrize("fields", [{"sh_type": "SHT_NOBITS"}, {"sh_size": 4096}])
def test_outside(built, copy, fields):
    """The tool rejects locations in .bss or outside of their section."""
    change(copy, ".data", **fields)
    status, _, complaint = relocs(built, "--insert", copy)
    assert status == 1 and "Relocation outside of its section" in complaint


def test_object_file(built):
    """The tool accepts object files only with --reserve, and linked files only without it."""
    assert relocs(built, built / "vmlinux.o")[0] == 1
    assert relocs(built, "--reserve", built / "vmlinux")[0] == 1
