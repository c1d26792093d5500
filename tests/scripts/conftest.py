# SPDX-License-Identifier: GPL-2.0
"""What the tests of the scripts share: a fake kernel of a few files, and a series of two patches for it."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# With enough of kbuild's interface to be configured and "built"; the build fails when pvh.c says BROKEN, and warns when
# it says ABSOLUTE.
MAKEFILE = """\
VERSION = 7
PATCHLEVEL = 3
SUBLEVEL = {}
EXTRAVERSION ={}

allnoconfig:
	grep -v CONFIG_IMPOSSIBLE $(KCONFIG_ALLCONFIG) >$(O)/.config

vmlinux:
	@! grep -q BROKEN arch/x86/pvh.c || {{ echo "arch/x86/pvh.c:1:1: error: no such thing"; exit 1; }}
	@! grep -q ABSOLUTE arch/x86/pvh.c || printf 'WARNING: Absolute relocations present\\nOffset Name\\n7 _pvh\\n'
	cp arch/x86/pvh.c $(O)/vmlinux

bzImage: vmlinux
	mkdir -p $(O)/arch/x86/boot && cp $(O)/vmlinux $(O)/arch/x86/boot/bzImage
"""
FILES = {
    "arch/x86/pvh.c": "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n",
    "arch/x86/other.c": "nothing to see\n",
    "MAINTAINERS": "TITLE\n\nFIRST\nF:\tfirst/\n\nTHE REST\nF:\t*\n",
    "scripts/checkpatch.pl": "exit 0;\n",
    "scripts/kernel-doc": "",
    ".gitignore": ".*\n!.gitignore\n",
    ".hidden": "ignored by git, and yet a part of the release\n",
}


class Lab:
    """A place where the scripts run on the fake kernel, away from the real build directory."""

    def __init__(self, path):
        self.path = path
        self.linux, self.build = path / "linux", path / "build"
        self.patches, self.views = path / "patches", path / "views"
        self.tree, self.base = self.build / "tree", self.build / "mainline/tree"
        self.env = {**os.environ, "BUILD": str(self.build), "PATCHES": str(self.patches), "VIEWS": str(self.views),
                    "LINUX": str(self.linux), "CONFIGS": str(path / "configs"),
                    "BASE_MIB": "1", "TREE_MIB": "1", "KERNEL_MIB": "1",
                    "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "A",
                    "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": "/dev/null"}
        self.env.pop("FORCE", None)
        self.write(path / "configs", {"kernels": "tiny series,base gcc bzImage test one two\n", "one.config": "CONFIG_A=y\nCONFIG_B=y\n",
                                      "two.config": "# CONFIG_B is not set\n"})
        self.make_kernel()
        self.make_series()

    def make_kernel(self, sublevel=9, extra=""):
        self.write(self.linux, {**FILES, "Makefile": MAKEFILE.format(sublevel, extra)})

    @staticmethod
    def write(top, files):
        for name, text in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)

    def make_series(self):
        """Two commits on the base, exported; the base and tree that this made stay."""
        self.patches.mkdir()
        self.views.mkdir()
        (self.patches / "series").write_text("# SPDX-License-Identifier: GPL-2.0\n# Header.\n\n# Fixes.\n")
        self.ok("base")
        self.ok("tree")
        self.commit("x86/pvh: Fix two", {"arch/x86/pvh.c": FILES["arch/x86/pvh.c"].replace("two", "2")})
        self.commit("x86/pvh: Add the stub", {
            "arch/x86/stub.c": "stub\n", "Documentation/pvh.rst": "text\n", "arch/x86/pvh.c": "one\n2\n3\n",
            "MAINTAINERS": FILES["MAINTAINERS"].replace("THE REST", "STUB\nF:\tarch/x86/stub.c\n\nTHE REST")})
        self.ok("export")

    def commit(self, subject, files, body="Body.\n"):
        self.write(self.tree, files)
        self.git("add", "-f", *files)
        self.git("commit", "-q", "-m", f"{subject}\n\n{body}")

    def make_git(self):
        """The kernel as a git tree."""
        for words in (["init", "-q"], ["add", "-f", "-A"], ["commit", "-q", "-m", "linux"]):
            self.git(*words, where=self.linux)

    def git(self, *args, where=None):
        done = subprocess.run(["git", "-C", where or self.tree, *args], env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def run(self, script, *args, **env):
        return subprocess.run([ROOT / "scripts" / script, *args], env={**self.env, **env}, capture_output=True,
                              cwd=self.path, text=True, timeout=120)

    def ok(self, script, *args, **env):
        done = self.run(script, *args, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def fails(self, script, *args, says, **env):
        """The script fails with one clear line that has these words."""
        done = self.run(script, *args, **env)
        assert done.returncode != 0, done.stdout
        lines = [line for line in done.stderr.splitlines() if ": error: " in line]
        assert lines, done.stdout + done.stderr
        assert says in lines[0], lines
        return lines[0]

    def snapshot(self, *tops):
        """Every file below these directories, with its content."""
        return {path: path.read_bytes() for top in tops for path in sorted(top.rglob("*"))
                if path.is_file() and ".git" not in path.parts}


@pytest.fixture
def lab(tmp_path):
    return Lab(tmp_path)


@pytest.fixture
def fake_tool(tmp_path):
    """fake_tool(NAME, TEXT): a PATH that begins with a shell script of that name."""
    def make(name, text):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return f"{path.parent}:{os.environ['PATH']}"
    return make


@pytest.fixture
def few_tools(tmp_path):
    """few_tools(NAME...): a PATH where there are only these commands, and those that any script needs."""
    def make(*names):
        (tmp_path / "bin").mkdir(exist_ok=True)
        for name in {"sh", "dirname", "mkdir", "cat", "sed", "grep", "flock", "env", *names}:
            (tmp_path / "bin" / name).symlink_to(shutil.which(name))
        return str(tmp_path / "bin")
    return make
