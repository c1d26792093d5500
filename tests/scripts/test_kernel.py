# SPDX-License-Identifier: GPL-2.0
"""scripts/kernel, scripts/steps, scripts/setup and a full disk: failures are said once, and leave nothing behind."""

import os
import shutil
import subprocess

import pytest


def out(lab, tree="series"):
    return lab.build / "kernel" / tree / "tiny"


def test_builds_both_trees(lab):
    lab.ok("kernel", "tiny")
    lab.ok("kernel", "tiny", "base")
    assert (out(lab) / "arch/x86/boot/bzImage").read_text() == "one\n2\n3\n"
    assert (out(lab, "base") / "vmlinux").read_text().startswith("one\ntwo\n")


def test_later_fragment_wins(lab):
    lab.ok("kernel", "tiny")
    assert (out(lab) / ".config").read_text() == "CONFIG_A=y\n# CONFIG_B is not set\n"


def test_option_that_does_not_stick(lab):
    (lab.path / "configs/one.config").write_text("CONFIG_A=y\nCONFIG_IMPOSSIBLE=y\n")
    lab.fails("kernel", "tiny", says="the configuration does not keep: CONFIG_IMPOSSIBLE=y")
    lab.fails("kernel", "tiny", says="the configuration does not keep: CONFIG_IMPOSSIBLE=y")
    assert not (out(lab) / "vmlinux").exists()


def test_unknown_name_and_missing_fragment(lab):
    assert "NAME is one of: tiny" in lab.run("kernel", "huge").stderr
    (lab.path / "configs/two.config").unlink()
    lab.fails("kernel", "tiny", says="two.config is missing")


def test_failed_build(lab):
    lab.ok("kernel", "tiny")
    good = (lab.tree / "arch/x86/pvh.c").read_text()
    (lab.tree / "arch/x86/pvh.c").write_text("BROKEN\n")
    line = lab.fails("kernel", "tiny", says="the build failed: arch/x86/pvh.c:1:1: error: no such thing")
    assert "kernel-series-tiny.log" in line
    assert not (out(lab) / "vmlinux").exists(), "the kernel of an earlier build is not taken for this one's"
    (lab.tree / "arch/x86/pvh.c").write_text(good)
    lab.ok("kernel", "tiny")
    assert (out(lab) / "vmlinux").read_text() == good


def test_build_that_warns(lab):
    (lab.tree / "arch/x86/pvh.c").write_text("ABSOLUTE\n")
    line = lab.fails("kernel", "tiny", says="the build warned: WARNING: Absolute relocations present;")
    assert "7 _pvh" in line
    assert not (out(lab) / "vmlinux").exists()


def test_missing_compiler_cache(lab):
    tools = lab.path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "mkdir", "cat", "sed", "grep", "flock", "env", "make", "gcc", "nproc", "tr", "awk"):
        (tools / name).symlink_to(shutil.which(name))
    lab.fails("kernel", "tiny", says="missing tool: ccache", PATH=str(tools))


def test_no_tree_yet(lab):
    shutil.rmtree(lab.tree)
    lab.fails("kernel", "tiny", says="run scripts/base and scripts/tree")
    lab.fails("steps", "tiny", says="run scripts/tree")


def test_steps_finds_the_patch_that_does_not_build(lab):
    assert lab.ok("steps", "--all", "tiny").endswith("3 passed, 0 failed, 0 skipped\n")
    lab.git("reset", "-q", "--hard", "HEAD^")
    text = (lab.tree / "arch/x86/pvh.c").read_text()
    lab.commit("x86/pvh: Break", {"arch/x86/pvh.c": "BROKEN\n"})
    lab.commit("x86/pvh: Mend", {"arch/x86/pvh.c": text})
    done = lab.run("steps", "--all", "tiny")
    assert done.returncode != 0 and "FAIL  tiny: x86/pvh: Break" in done.stdout
    assert done.stdout.endswith("3 passed, 1 failed, 0 skipped\n")


def test_steps_begin_with_a_copy(lab):
    """They start from what is built, told the new place, and building them changes nothing of it."""
    lab.ok("kernel", "tiny")
    (out(lab) / ".pvh.o.cmd").write_text(f"cc -I{lab.build}/tree/include -o {lab.build}/kernel/series/tiny/pvh.o\n")
    before = lab.snapshot(out(lab), lab.tree)
    subjects = lab.git("log", "--format=%s").splitlines()
    said = [line for line in lab.ok("steps", "--all", "tiny").splitlines() if "ok  " in line]
    assert said == [f"steps: ok    tiny: {line}" for line in subjects]
    place = lab.build / "steps/build"
    assert (place / "kernel/series/tiny/.pvh.o.cmd").read_text() == (
        f"cc -I{place}/tree/include -o {place}/kernel/series/tiny/pvh.o\n")
    assert lab.snapshot(out(lab), lab.tree) == before


def test_steps_builds_no_documentation(lab):
    """A patch of it alone has the result of the one before."""
    lab.ok("steps", "--all", "tiny")
    results = list((lab.build / "steps/ok").iterdir())
    lab.commit("Documentation: Say more", {"Documentation/pvh.rst": "more\n"})
    assert lab.ok("steps", "--all", "tiny").endswith("4 passed, 0 failed, 0 skipped\n")
    assert list((lab.build / "steps/ok").iterdir()) == results


def test_steps_that_matter(lab):
    """The last patch, and what the last commit or the work since has changed."""
    first, _ = sorted(lab.patches.glob("*.patch"))

    def built():
        return [line.rsplit(": ", 1)[1] for line in lab.ok("steps", "tiny").splitlines() if "ok  " in line]

    both = ["Add the stub", "Fix two"]
    assert built() == both[:1]
    lab.git("init", "-q", where=lab.path)
    for _ in range(2):
        lab.git("add", "patches", where=lab.path)
        lab.git("commit", "-q", "--allow-empty", "-m", "Series", where=lab.path)
    assert built() == both[:1]
    first.write_text(first.read_text().replace("Body.", "Body!"))
    assert built() == both
    lab.git("commit", "-q", "-am", "Change", where=lab.path)
    assert built() == both


def test_steps_keeps_the_kernels_around_a_fix(lab):
    lab.commit("x86/pvh: Fix\n\nReproducer: look.\n", {"arch/x86/pvh.c": "fixed\n"})
    kept = lab.build / "steps/fixes/tiny"
    for _ in range(2):
        lab.ok("steps", "tiny")
        assert not kept.exists()
        lab.ok("steps", "--all", "tiny")
        assert sorted(path.name for path in kept.iterdir()) == ["0002", "0003"]
        assert (kept / "0003/vmlinux").read_text() == "fixed\n" != (kept / "0002/vmlinux").read_text()


def test_setup_says_what_to_install(lab, fake_tool, few_tools):
    fake_tool("id", "echo 1000")
    fake_tool("sudo", "exit 1")
    fake_tool("apt-get", "exit 1")
    path = few_tools("sort")
    line = lab.fails("setup", "scripts", says="sudo apt-get install b4 quilt shellcheck", PATH=path)
    assert "no right to install" in line


def test_setup_without_apt(lab, few_tools):
    lab.fails("setup", "scripts", says="missing: b4 quilt shellcheck (there is no apt-get", PATH=few_tools("sort"))


def test_setup_names_apt_s_failure(lab, fake_tool, few_tools):
    fake_tool("id", "echo 0")
    fake_tool("apt-get", "echo E: Unable to fetch; exit 100")
    path = few_tools("sort", "df", "awk")
    lab.fails("setup", "scripts", says="cannot read the package lists", PATH=path)


def test_setup_finds_what_compilers_lack(lab, fake_tool):
    """Tools that are there, and libraries and headers that are not."""
    for name in ("gcc", "clang", "pkg-config"):
        fake_tool(name, "exit 1")
    fake_tool("id", "echo 1000")
    path = fake_tool("sudo", "exit 1")
    line = lab.fails("setup", "unit", "qemu-build", says="sudo apt-get install", PATH=path)
    assert set(line.split("install ")[2].split()) == {
        "gcc-multilib", "lib32stdc++-12-dev", "libc6-dev", "libclang-rt-14-dev", "libfdt-dev", "libglib2.0-dev",
        "libpixman-1-dev", "zlib1g-dev"}


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a small file system")
def test_really_full_disk(lab):
    """Space runs out in the middle of a copy: said by name, and the next run, with space, is whole."""
    small = lab.path / "small"
    small.mkdir()
    (lab.linux / "big").write_bytes(b"x" * (2 << 20))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount")
    try:
        line = lab.fails("base", says="the disk is full", BUILD=str(small), BASE_MIB="0")
        assert "cannot copy" in line
        assert not (small / "base").exists() and not (small / "base.new").exists()
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        lab.ok("base", BUILD=str(small), BASE_MIB="0")
    finally:
        subprocess.run(["umount", small], check=True)
