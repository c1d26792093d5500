# SPDX-License-Identifier: GPL-2.0
"""The stub's isolation is enforced: each check of its Makefile fires, on C and assembly, 64 and 32 bit, gcc and clang.

What is built are small sources, by the stub's own Makefile, as if each were a directory of an external module.
"""

import functools
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

# The kind of source, what is wrong with it, and for which word sizes.
BAD = {
    "pointer": ("c", "extern int x[];\nint *p __initdata = x;\n", (64, 32)),
    "table": ("c", "void a(void), b(void);\nvoid f(int i);\nvoid __init f(int i) { static void (*const t[])(void) "
              "__initconst = { a, b }; t[i](); }\n", (64, 32)),
    "address": ("c", "extern int x[];\nint *f(void);\nint *__init f(void) { return x; }\n", (32,)),
    "text": ("c", "const char *f(void);\nconst char *__init f(void) { return \"text\"; }\n", (32,)),
    "quad": ("S", '.section .init.data, "aw"\nx: .quad x\n', (64,)),
    "long": ("S", '.section .init.data, "aw"\nx: .long x\n', (32,)),
    "immediate": ("S", '.section .init.text, "ax"\nx: movl $x, %eax\n', (32,)),
    "word": ("S", '.section .init.data, "aw"\nx: .word x\n', (32,)),
    "got": ("S", '.section .init.text, "ax"\nmovl x@GOT(%ebx), %eax\n', (32,)),
}
GOOD = {
    "c": INIT + "int f(int i);\nint __init f(int i) { return i + 1; }\n",
    "S": '.section .init.text, "ax"\nf: nop\n',
}
# What a source calls: a function that the kernel has made accessible, and one that it has not.
CALLED = {bits: {"call-good": f"startup_{bits}", "call-bad": "_printk"} for bits in KERNELS}


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


def sources(bits):
    """{name: (kind, source)} of all that is built for a word size, each in a directory of its own."""
    found = {f"good-{kind}": (kind, source) for kind, source in GOOD.items()}
    found |= {name: (kind, (INIT if kind == "c" else "") + source + FINE[kind])
              for name, (kind, source, sizes) in BAD.items() if bits in sizes}
    return found | {name: ("c", f"{INIT}void {function}(void);\nvoid f(void);\nvoid __init f(void) {{ {function}(); }}\n")
                    for name, function in CALLED[bits].items()}


@pytest.fixture(scope="module")
def all_built(kernel, tmp_path_factory):
    """The function that builds all sources, once for each build: pytest would do it again for every test of test_bad()."""
    return functools.cache(functools.partial(build_all, kernel, tmp_path_factory))


@pytest.fixture(params=BUILDS, ids=build_name)
def built(request, all_built):
    """(bits, make's words, output directory, place, make's status and output) of all sources."""
    return all_built(*request.param)


def build_all(kernel, tmp_path_factory, bits, name):
    """Builds them by one make."""
    out, words, place = PLACE / f"{name}{bits}", compiler(name), tmp_path_factory.mktemp(f"{name}{bits}")
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(kernel(KERNELS[bits], ".config"), out / ".config")
    status, output = make(out, words, "-s", "olddefconfig", "prepare")
    assert status == 0, output[-2000:]
    for case, (kind, source) in sources(bits).items():
        directory = place / case
        directory.mkdir()
        makefile = (TREE / "arch/x86/xen/xen-pvh/Makefile").read_text()
        makefile, count = re.subn(r"^obj-y\s*:?=.*$", f"obj-y := {OBJECT[kind]}.o", makefile, flags=re.M)
        assert count == 1, "the stub's Makefile has changed"
        (directory / "Makefile").write_text(makefile)
        (directory / f"{OBJECT[kind]}.{kind}").write_text(source)
    (place / "Kbuild").write_text(f"obj-y := {' '.join(f'{case}/' for case in sources(bits))}\n")
    return bits, words, out, place, *make(out, words, "-k", "-O", f"M={place}", *targets(bits))


def target(case, kind):
    """What make calls the object of a case."""
    return f"{case}/{OBJECT[kind]}.pi.o"


def targets(bits):
    """Those of all cases."""
    return [target(case, kind) for case, (kind, _) in sources(bits).items()]


@pytest.mark.parametrize("kind", GOOD)
def test_good(kind, built):
    _, _, _, place, _, output = built
    path = place / target(f"good-{kind}", kind)
    assert path.exists(), output
    names = {line.split()[-1] for line in
             subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout.splitlines()}
    assert "__pi_f" in names and all(name.startswith("__pi_") for name in names)


@pytest.mark.parametrize("built, name", [
    pytest.param(made, name, id=f"{build_name(made)}-{name}") for made in BUILDS for name in BAD if made[0] in BAD[name][2]
], indirect=["built"])
def test_bad(name, built):
    """The build fails with a message that names the object, and leaves none."""
    _, _, _, place, status, output = built
    path = target(name, BAD[name][0])
    assert status != 0 and not (place / path).exists(), f"the build went on: {output}"
    assert re.search(rf"{path.replace('.pi.o', '')}(.pi)?.o: error: .*{ABSOLUTE}", output), output


@pytest.mark.parametrize("built", [made for made in BUILDS if made[0] == 32], ids=build_name, indirect=True)
def test_no_objdump(built):
    """The check of 32-bit objects fails when it cannot be made."""
    _, words, out, place, _, _ = built
    path = target("good-S", "S")
    (place / path).unlink()
    status, output = make(out, words, f"M={place}", path, "OBJDUMP=false")
    assert status != 0 and not (place / path).exists(), f"the build went on: {output}"


@pytest.mark.parametrize("name", ["call-good", "call-bad"])
def test_call(name, built, kernel):
    """What the kernel has not made accessible to startup code does not link."""
    bits, _, _, place, _, output = built
    path = place / target(name, "c")
    assert path.exists(), output
    emulation, base = ("elf_x86_64", 0xffffffff90000000) if bits == 64 else ("elf_i386", 0xd0000000)
    done = subprocess.run(["ld", "-m", emulation, f"-Ttext-segment={base:#x}", "-e", "0", "-o", path.with_name("out"),
                           f"--just-symbols={kernel(KERNELS[bits])}", path], capture_output=True, text=True)
    assert (done.returncode == 0) == (name == "call-good"), done.stderr
    assert name == "call-good" or "undefined reference to `__pi__printk'" in done.stderr
