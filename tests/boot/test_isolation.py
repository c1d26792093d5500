# SPDX-License-Identifier: GPL-2.0
"""The stub's isolation is enforced: each check of its Makefile fires, on C and assembly, 64 and 32 bit, gcc and clang.

What is built is one bad source, by the stub's own Makefile, as if that were a directory of an external module.
"""

import fcntl
import re
import shutil
import subprocess

import pytest

import qemu

TREE = qemu.BUILD / "tree"
PLACE = qemu.BUILD / "isolation"
KERNELS = {64: "x86_64", 32: "i386-pae"}
BUILDS = [(64, "gcc"), (64, "clang"), (32, "gcc"), (32, "clang")]
# The oldest that the kernel takes: Documentation/process/changes.rst.
OLDEST_CLANG = 17
INIT = "#include <linux/init.h>\n"
# What is wrong is in the company of good code: objtool looks at no object without any.
FINE = {"c": "int fine(void);\nint __init fine(void) { return 0; }\n", "S": '.section .init.text, "ax"\nnop\n'}
ABSOLUTE = "absolute relocation"

# The names of the stub's own objects: its Makefile has rules for single ones.
OBJECT = {"c": "boot_params", "S": "entry"}

# kind of source: what is wrong, for which word sizes, and what the build has to say.
BAD = {
    "pointer": ("c", "extern int x[];\nint *p __initdata = x;\n", (64, 32), ABSOLUTE),
    "table": ("c", "void a(void), b(void);\nvoid f(int i);\nvoid __init f(int i) { static void (*const t[])(void) "
              "__initconst = { a, b }; t[i](); }\n", (64, 32), ABSOLUTE),
    "address": ("c", "extern int x[];\nint *f(void);\nint *__init f(void) { return x; }\n", (32,), ABSOLUTE),
    "text": ("c", "const char *f(void);\nconst char *__init f(void) { return \"text\"; }\n", (32,), ABSOLUTE),
    "quad": ("S", '.section .init.data, "aw"\nx: .quad x\n', (64,), ABSOLUTE),
    "long": ("S", '.section .init.data, "aw"\nx: .long x\n', (32,), ABSOLUTE),
    "immediate": ("S", '.section .init.text, "ax"\nx: movl $x, %eax\n', (32,), ABSOLUTE),
    "word": ("S", '.section .init.data, "aw"\nx: .word x\n', (32,), ABSOLUTE),
    "got": ("S", '.section .init.text, "ax"\nmovl x@GOT(%ebx), %eax\n', (32,), ABSOLUTE),
}
GOOD = {
    "c": INIT + "int f(int i);\nint __init f(int i) { return i + 1; }\n",
    "S": '.section .init.text, "ax"\nf: nop\n',
}


def build_name(build):
    """The name of a build in the tests' names, like gcc64."""
    return f"{build[1]}{build[0]}"


def compiler(name):
    """make's words for a compiler; a clang that is missing is a failure, never a skip."""
    if name == "gcc":
        return ["CC=gcc"]
    for version in range(30, OLDEST_CLANG - 1, -1):
        if shutil.which(f"clang-{version}"):
            return [f"CC=clang-{version}"]
    raise AssertionError(f"no clang from {OLDEST_CLANG} on: run scripts/setup qemu")


def make(out, words, *more):
    """Runs make in the tree; returns its exit status and output."""
    done = subprocess.run(["make", "-C", TREE, f"O={out}", "ARCH=x86", "LOCALVERSION=", *words, *more],
                          capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="session", params=BUILDS, ids=build_name)
def prepared(request, kernel):
    """(bits, make's words, output directory) that objects can be built in; made once, by whichever process is first."""
    bits, name = request.param
    out, words = PLACE / f"{name}{bits}", compiler(name)
    out.mkdir(parents=True, exist_ok=True)
    with open(PLACE / f".lock-{name}{bits}", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.copy(kernel(KERNELS[bits], ".config"), out / ".config")
        status, output = make(out, words, "-s", "olddefconfig", "prepare")
        assert status == 0, output[-2000:]
    return bits, words, out


@pytest.fixture
def build(prepared, tmp_path):
    """build(KIND, SOURCE, MORE of make's words): exit status, output and object."""
    bits, words, out = prepared

    def run(kind, source, *more):
        (tmp_path / "stub").mkdir()
        (tmp_path / "Kbuild").write_text("obj-y := stub/\n")
        makefile = (TREE / "arch/x86/xen/xen-pvh/Makefile").read_text()
        name = OBJECT[kind]
        makefile, count = re.subn(r"^obj-y\s*:?=.*$", f"obj-y := {name}.o", makefile, flags=re.M)
        assert count == 1, "the stub's Makefile has changed"
        (tmp_path / "stub/Makefile").write_text(makefile)
        (tmp_path / f"stub/{name}.{kind}").write_text(source)
        status, output = make(out, words, f"M={tmp_path}", f"stub/{name}.pi.o", *more)
        return status, output, tmp_path / f"stub/{name}.pi.o"
    run.bits = bits
    return run


@pytest.mark.parametrize("kind", GOOD)
def test_good(kind, build):
    status, output, built = build(kind, GOOD[kind])
    assert status == 0, output
    names = {line.split()[-1] for line in
             subprocess.run(["nm", built], capture_output=True, text=True, check=True).stdout.splitlines()}
    assert "__pi_f" in names and all(name.startswith("__pi_") for name in names)


@pytest.mark.parametrize("prepared, name", [
    pytest.param(made, name, id=f"{build_name(made)}-{name}") for made in BUILDS for name in BAD if made[0] in BAD[name][2]
], indirect=["prepared"])
def test_bad(name, build):
    kind, source, _, message = BAD[name]
    status, output, _ = build(kind, (INIT if kind == "c" else "") + source + FINE[kind])
    assert status != 0, f"the build went on: {output}"
    assert re.search(message, output), output


@pytest.mark.parametrize("prepared", [made for made in BUILDS if made[0] == 32], ids=build_name, indirect=True)
def test_no_objdump(build):
    """The check of 32-bit objects fails when it cannot be made."""
    status, output, _ = build("S", GOOD["S"], "OBJDUMP=false")
    assert status != 0, f"the build went on: {output}"


@pytest.mark.parametrize("good", [True, False])
def test_call(good, build, kernel):
    """What the kernel has not made accessible to startup code does not link."""
    function = f"startup_{build.bits}" if good else "_printk"
    source = INIT + f"void {function}(void);\nvoid f(void);\nvoid __init f(void) {{ {function}(); }}\n"
    status, output, built = build("c", source)
    assert status == 0, output
    emulation, base = ("elf_x86_64", 0xffffffff90000000) if build.bits == 64 else ("elf_i386", 0xd0000000)
    done = subprocess.run(["ld", "-m", emulation, f"-Ttext-segment={base:#x}", "-e", "0", "-o", built.with_name("out"),
                           f"--just-symbols={kernel(KERNELS[build.bits])}", built], capture_output=True, text=True)
    assert (done.returncode == 0) == good, done.stderr
    assert good or "undefined reference to `__pi__printk'" in done.stderr
