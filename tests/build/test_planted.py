# SPDX-License-Identifier: GPL-2.0
"""The unit tests and the fuzzer find what is broken: faults planted in the stub's C sources, one at a time."""

import shutil
import subprocess

import pytest

from qemu import BUILD, ROOT
from stub import SOURCE as STUB

SECONDS = 20

# What is replaced in boot_params.c, and by what.
FAULTS = {
    "table overflows": ("if (++to == bp->e820_table + ARRAY_SIZE(bp->e820_table))", "if (++to == NULL)"),
    "table one entry too long": ("if (++to == bp->e820_table + ARRAY_SIZE(bp->e820_table))",
                                 "if (++to == bp->e820_table + ARRAY_SIZE(bp->e820_table) + 1)"),
    "node one entry too early": ("if (++to == bp->e820_table + ARRAY_SIZE(bp->e820_table))",
                                 "if (++to == bp->e820_table + ARRAY_SIZE(bp->e820_table) - 1)"),
    "127 entries have a node": ("if (entries < ARRAY_SIZE(bp->e820_table))",
                                "if (entries < ARRAY_SIZE(bp->e820_table) - 1)"),
    "128 entries have none": ("if (entries < ARRAY_SIZE(bp->e820_table))",
                              "if (entries <= ARRAY_SIZE(bp->e820_table))"),
    "no ISA area": ("to->size = ISA_END_ADDRESS - ISA_START_ADDRESS;", "to->size = 0;"),
    "initrd over the kernel": ("if (pvh_overlaps(&image, initrd->paddr, initrd->size))", "if (0)"),
    "initrd of size 0": ("return size && paddr < image->end", "return paddr < image->end"),
    "initrd's last byte in the kernel": ("size > image->start - paddr", "size > image->start - paddr + 1"),
    "start_info in the kernel": ("if (!pvh_readable(&image, start_info, sizeof(*info)))", "if (0)"),
    "node at 0": ("(!info->memmap_paddr && entries >= ARRAY_SIZE(bp->e820_table))", "0"),
    "map anywhere": ("return paddr < SZ_4G && size <= SZ_4G - paddr &&\n\t       !pvh_overlaps(image, paddr, size);",
                     "return true;"),
    "map over the kernel": ("size <= SZ_4G - paddr &&\n\t       !pvh_overlaps(image, paddr, size);",
                            "size <= SZ_4G - paddr;"),
    "map's end wraps": ("paddr < SZ_4G && size <= SZ_4G - paddr", "paddr + size <= SZ_4G"),
    "command line in the kernel": ("pvh_overlaps(&image, info->cmdline_paddr, 1)", "0"),
    "load address": ("!IS_ALIGNED(kernel, PMD_SIZE)", "0"),
    "no map": ("!entries && !(IS_ENABLED", "0 && !(IS_ENABLED"),
    "version 0 has a map": ("info->version ? info->memmap_entries : 0", "info->memmap_entries"),
    "map of any size": ("size > SZ_256K || ", ""),
    "map's size in 32 bits": ("(u64)entries * sizeof", "entries * (u32)sizeof"),
    "upper half of the initrd": ("bp->ext_ramdisk_image = upper_32_bits(initrd->paddr);", ""),
}

# The same of mapping.c, which is not fuzzed.
MAPPING_FAULTS = {
    "option as part of a word": ("if (next && !*next)\n\t\t\t\treturn true;\n\t\t\tnext = word;", "next = word;"),
    "option in the middle of a word": ("next = *line == *next ? next + 1 : NULL;", "next = *line == *next ? next + 1 : word;"),
    "option behind the end": ("line < end && *line", "*line && end"),
    "lower half of the command line's address": (" | (u64)bp->ext_cmd_line_ptr << 32", ""),
    "nokaslr ignored": (' || pvh_has_option(bp, "nokaslr")', ""),
    "empty table": ("!relocs_end[-1] || ", ""),
    "flag not set": ("bp->hdr.loadflags |= KASLR_FLAG;", ""),
    "offset that is not aligned": ("random % slots * CONFIG_PHYSICAL_ALIGN;", "random % slots * CONFIG_PHYSICAL_ALIGN + 4096;"),
    "end of the kernel that is not mapped": ("u64 slots = DIV_ROUND_UP(", "u64 slots = 1 + DIV_ROUND_UP("),
    "half of the slots": ("return random % slots * CONFIG_PHYSICAL_ALIGN;", "return random % slots / 2 * 2 * CONFIG_PHYSICAL_ALIGN;"),
    "some slots more often": ("return random % slots", "return (random & 511) % slots"),
}


def make(kind, target, out, stub, config="64-xen"):
    """Runs make in tests/KIND; returns its exit status and output."""
    done = subprocess.run(["make", "-C", ROOT / "tests" / kind, target, f"OUT={out}", f"STUB={stub}",
                           f"TREE={BUILD / 'tree'}", f"CONFIGS={config}"], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def stub(tmp_path):
    """stub(OLD, NEW): a copy of the stub with a fault."""
    def plant(old, new, file="boot_params.c"):
        shutil.copytree(STUB, tmp_path / "stub")
        source = tmp_path / "stub" / file
        text = source.read_text()
        assert text.count(old) == 1, f"the stub's source has changed: {old}"
        source.write_text(text.replace(old, new))
        return tmp_path / "stub"
    return plant


@pytest.mark.parametrize("name", FAULTS)
def test_unit(name, stub, tmp_path):
    status, output = make("unit", "run", tmp_path, stub(*FAULTS[name]))
    assert status != 0 and "error:" not in output.replace("runtime error:", ""), output
    assert "FAILED: pvh" in output or "Sanitizer" in output or "runtime error" in output, output


@pytest.mark.parametrize("name", MAPPING_FAULTS)
def test_mapping(name, stub, tmp_path):
    status, output = make("unit", "run", tmp_path, stub(*MAPPING_FAULTS[name], "mapping.c"), "64-mapping")
    assert status != 0 and "error:" not in output.replace("runtime error:", ""), output
    assert "FAILED: pvh_mapping" in output or "Sanitizer" in output or "runtime error" in output, output


@pytest.mark.parametrize("name", FAULTS)
def test_fuzz(name, stub, tmp_path):
    """Not from the corpus: it starts from nothing."""
    status, output = make("fuzz", "fuzz-64", tmp_path, stub(*FAULTS[name]))
    assert status == 0, output
    done = subprocess.run([tmp_path / "fuzz-64", f"-max_total_time={SECONDS}", "-max_len=64",
                           f"-artifact_prefix={tmp_path}/"], capture_output=True, text=True, timeout=2 * SECONDS + 30)
    assert "Test unit written" in done.stderr, f"not found within {SECONDS} s"
