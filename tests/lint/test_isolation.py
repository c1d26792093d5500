# SPDX-License-Identifier: GPL-2.0
"""The stub's isolation is enforced: every check of isolate.sh fires, on C and assembly, 64-bit and 32-bit."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
STUB = ROOT / "arch/x86/xen/xen-pvh"
FLAGS = ["-ffreestanding", "-fPIC", "-fvisibility=hidden", "-fno-stack-protector", "-fno-jump-tables",
         "-fno-asynchronous-unwind-tables", "-fcf-protection=none", "-Os"]
INIT = '__attribute__((section(".init.text"))) '

GOOD_C = INIT + """void startup_32(void); %s void startup_64(void);
%s const char *entry(int i) { if (i) startup_32(); else startup_64(); return "text"; }
""" % (INIT, INIT)
GOOD_S = """
	.section .init.text, "ax"
	.globl	entry
entry:	call	1f
1:	pop	%eax
	lea	data - 1b(%eax), %eax
	jmp	startup_32
	jmp	startup_64
	.section .init.data, "aw"
data:	.long	0
	.section ".bss..page_aligned", "aw", @nobits
	.skip	64
"""

# What each source does wrong, what isolate.sh says of it, and the name that it must mention.
BAD = {
    "call.c": (INIT + "void f(void) { extern void printk(void); printk(); }", "symbols of the kernel", "printk"),
    "variable.c": (INIT + "int f(void) { extern int xen_pvh; return xen_pvh; }", "symbols of the kernel", "xen_pvh"),
    "call.S": ('.section .init.text, "ax"\ncall printk\n', "symbols of the kernel", "printk"),
    "pointer.c": ('__attribute__((section(".init.data"))) const char *p = "x";', "link address", ".init.data"),
    "pointer.S": ('.section .init.rodata, "a"\nx: %s x\n', "link address", ".init.rodata"),
    "immediate.S": ('.section .init.text, "ax"\nx: mov $x, %%eax\n', "link address", ".init.text"),
    "data.c": ("int kept = 1;", "outlive boot", ".data"),
    "bss.c": ("int lost;", "outlive boot", ".bss"),
    "text.c": ("void f(void) { }", "outlive boot", ".text"),
    "common.c": ("__attribute__((common)) int lost;", "symbols of the kernel", "lost"),
    "bss_page.c": ('__attribute__((section(".bss..page_aligned"))) int lost;', "variables in .bss", "lost"),
    "address.S": ('.section .init.text, "ax"\ncall k\n.set k, 0x1000000\n', "link address", ".init.text"),
    "text.S": (".text\nnop\n", "outlive boot", ".text"),
}


def isolate(directory, name, source, bits, tools=None):
    """Compile SOURCE as NAME and run isolate.sh on it; returns its exit status, its messages and the output file."""
    path = directory / name
    path.write_text(source)
    model = ["-m32"] if bits == 32 else ["-m64", "-mcmodel=small"]
    subprocess.run(["gcc", *model, *FLAGS, "-c", "-o", "one.o", name], cwd=directory, check=True)
    emulation = "elf_i386" if bits == 32 else "elf_x86_64"
    subprocess.run(["ld", "-m", emulation, "-r", "-o", "stub.o", "one.o"], cwd=directory, check=True)
    run = subprocess.run(["sh", STUB / "isolate.sh", "stub.o", STUB / "imports.h", "out.o"], cwd=directory,
                         env={**os.environ, "READELF": "readelf", "OBJCOPY": "objcopy", "NM": "nm", **(tools or {})},
                         capture_output=True, text=True, check=False, timeout=60)
    return run.returncode, run.stderr, directory / "out.o"


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize("name", ["good.c", "good.S"])
def test_good(tmp_path, name, bits):
    source = GOOD_C if name == "good.c" else GOOD_S
    if name == "good.S" and bits == 64:
        source = ".code32\n" + source
    status, messages, out = isolate(tmp_path, name, source, bits)
    assert (status, messages) == (0, "")
    symbols = subprocess.run(["nm", out], capture_output=True, text=True, check=True).stdout.split("\n")
    names = {line.split()[-1] for line in symbols if line}
    assert "__pvh_entry" in names
    assert all(name.startswith("__pvh_") or name == "_GLOBAL_OFFSET_TABLE_" for name in names)
    sections = subprocess.run(["readelf", "-SW", out], capture_output=True, text=True, check=True).stdout
    assert " .rodata" not in sections


@pytest.mark.parametrize("tool", ["READELF", "NM", "OBJCOPY"])
def test_broken_tool(tmp_path, tool):
    """Without its tools isolate.sh finds nothing, and must not take that for a good sign."""
    status, _, _ = isolate(tmp_path, "good.c", GOOD_C, 64, {tool: "false"})
    assert status != 0


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize("name", sorted(BAD))
def test_bad(tmp_path, name, bits):
    source, message, culprit = BAD[name]
    # What is wrong is in the company of good code.
    source += "\n" + (INIT + "void fine(void) { }" if name.endswith(".c") else '.section .init.text, "ax"\nnop\n')
    if "%" in source:
        source = source % ((".long" if bits == 32 else ".quad") if "%s" in source else ())
    status, messages, out = isolate(tmp_path, name, source, bits)
    assert status != 0
    assert message in messages and culprit in messages
    assert not out.exists()
