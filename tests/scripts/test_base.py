# SPDX-License-Identifier: GPL-2.0
"""scripts/base: where the base comes from, and what it refuses."""

import os
import shutil


def head(lab):
    return lab.git("rev-parse", "HEAD", where=lab.base)


def test_directory_tarball_and_git_tree_give_the_same_commit(lab):
    before, tarball = head(lab), lab.path / "linux.tar.gz"
    shutil.copytree(lab.linux, lab.path / "copy")
    lab.make_git()
    lab.git("archive", "--prefix=linux-7.3.9/", "-o", tarball, "HEAD", where=lab.linux)
    for source in (lab.path / "copy", lab.linux, tarball):
        shutil.rmtree(lab.base)
        lab.ok("base", LINUX=str(source))
        assert head(lab) == before
        assert "one" in lab.git("show", "base:arch/x86/pvh.c", where=lab.base)
        assert "part of the release" in lab.git("show", "base:.hidden", where=lab.base)


def test_git_tree_is_not_modified(lab):
    lab.make_git()
    status, refs = lab.git("status", "--porcelain", where=lab.linux), lab.git("show-ref", where=lab.linux)
    index = (lab.linux / ".git/index").read_bytes()
    before = lab.snapshot(lab.linux)
    lab.ok("base")
    lab.ok("tree")
    assert (lab.linux / ".git/index").read_bytes() == index
    assert lab.snapshot(lab.linux) == before
    assert lab.git("show-ref", where=lab.linux) == refs
    assert lab.git("status", "--porcelain", where=lab.linux) == status == ""


def test_git_tree_with_uncommitted_changes(lab):
    lab.make_git()
    (lab.linux / "arch/x86/pvh.c").write_text("edited\n")
    lab.fails("base", says="uncommitted changes")


def test_wrong_release(lab):
    for number, (old, new) in enumerate([("PATCHLEVEL = 3", "PATCHLEVEL = 2"), ("PATCHLEVEL = 3", "PATCHLEVEL = 30"),
                                         ("EXTRAVERSION =", "EXTRAVERSION = -rc1"), ("VERSION = 7\n", "")]):
        other = lab.path / f"other{number}"
        shutil.copytree(lab.linux, other)
        text = (other / "Makefile").read_text()
        (other / "Makefile").write_text(text.replace(old, new, 1))
        before = head(lab)
        lab.fails("base", says="wrong release", LINUX=str(other))
        assert head(lab) == before, "the base that was there is still there"


def test_no_kernel_at_all(lab):
    (lab.path / "empty").mkdir()
    lab.fails("base", says="not a kernel source", LINUX=str(lab.path / "empty"))
    lab.fails("base", says="does not exist", LINUX=str(lab.path / "nowhere"))


def test_broken_tarball(lab):
    (lab.path / "linux.tar.xz").write_bytes(b"not a tarball")
    lab.fails("base", says="cannot unpack", LINUX=str(lab.path / "linux.tar.xz"))


def test_other_source_is_noticed(lab):
    before = head(lab)
    lab.make_kernel(sublevel=10)
    assert "another source" in lab.ok("base")
    assert head(lab) != before
    lab.ok("tree")
    assert "SUBLEVEL = 10" in (lab.tree / "Makefile").read_text()
    assert (lab.tree / "arch/x86/stub.c").is_file()


def test_second_run_changes_nothing(lab):
    before = lab.base.stat().st_ino
    assert "is ready" in lab.ok("base")
    assert "is ready" in lab.ok("base", LINUX=""), "without LINUX= the base that is there will do"
    assert lab.base.stat().st_ino == before


def test_modified_base(lab):
    path = lab.base / "arch/x86/pvh.c"
    text = path.read_text()
    path.write_text("edited\n")
    lab.fails("base", says="was modified")
    path.write_text(text)
    lab.ok("base")
    (lab.base / "arch/x86/new.o").write_text("x")
    lab.fails("base", says="was modified")
    (lab.base / "arch/x86/new.o").unlink()
    lab.git("commit", "-q", "--allow-empty", "-m", "more", where=lab.base)
    lab.fails("base", says="was modified")


def test_interrupted_run_recovers(lab):
    before = head(lab)
    shutil.move(lab.base, lab.build / "base.new")
    (lab.build / "base.new/Makefile").write_text("half")
    lab.ok("base")
    assert head(lab) == before
    assert not (lab.build / "base.new").exists()


def test_killed_while_committing(lab, fake_tool):
    """git dies in the middle: no base is left, and the next run makes a whole one."""
    before = head(lab)
    shutil.rmtree(lab.base)
    path = fake_tool("git", f'case "$*" in *" add "*) exit 1 ;; esac; exec {shutil.which("git")} "$@"')
    lab.fails("base", says="git cannot add the source", PATH=path)
    assert not lab.base.exists()
    lab.ok("base")
    assert head(lab) == before


def test_full_disk(lab, fake_tool):
    shutil.rmtree(lab.base)
    path = fake_tool("df", 'echo header; echo "/dev/fake 100000 90000 10240 90% /"')
    line = lab.fails("base", says="not enough disk space", PATH=path, BASE_MIB="3000")
    assert "3000 MiB needed, 10 MiB available" in line
    assert not lab.base.exists()


def test_missing_tool(lab, few_tools):
    lab.fails("base", says="missing tool: git", PATH=few_tools("xz", "tar", "awk"))


def test_no_network(lab):
    """A mirror where nobody listens: an error that names the step, and nothing left that looks like a package."""
    shutil.rmtree(lab.base)
    environment = {"LINUX": "", "MIRROR": "http://127.0.0.1:9/debian"}
    done = lab.run("base", **environment)
    assert done.returncode != 0
    assert "cannot read the package list" in done.stderr and "no network?" in done.stderr
    assert "fetch-linux-source-7.3.log" in done.stderr
    assert not lab.base.exists() and not list((lab.build / "cache").glob("*.deb"))


def test_broken_package_in_cache(lab):
    shutil.rmtree(lab.base)
    cache = lab.build / "cache"
    cache.mkdir()
    (cache / "linux-source-7.3_7.3.9-1_all.deb").write_bytes(b"broken")
    lab.fails("base", says="cannot be unpacked; remove it to fetch it again", LINUX="")
    assert not os.path.exists(lab.base)
