# SPDX-License-Identifier: GPL-2.0
"""scripts/test: its last line adds up everything, and whatever went wrong counts as failed."""

import os
import subprocess
import time

import pytest

from conftest import ROOT


@pytest.fixture
def parts(tmp_path):
    """parts(NAMES..., SCRIPT=TEXT): scripts/test in a repository whose scripts are these."""
    def prepare(**scripts):
        (tmp_path / "tests/configs").mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests/configs/kernels").write_text("a: b\nc: d\nd-bench: e\n")
        (tmp_path / "scripts").mkdir(exist_ok=True)
        for name, text in scripts.items():
            (tmp_path / "scripts" / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / "scripts" / name).chmod(0o755)
        return {**os.environ, "ROOT": str(tmp_path), "BUILD": str(tmp_path / "build")}

    def run(*names, **scripts):
        done = subprocess.run([ROOT / "scripts/test", *names], env=prepare(**scripts), capture_output=True, text=True,
                              timeout=60)
        return done.returncode, done.stdout.splitlines()[-1]

    run.prepare = prepare
    return run


def test_counts_of_a_part(parts):
    assert parts("check", check="echo 3 passed, 0 failed, 1 skipped") == (0, "3 passed, 0 failed, 1 skipped")
    assert parts("check", check="echo 3 passed, 2 failed, 1 skipped; exit 1") == (1, "3 passed, 2 failed, 1 skipped")


def test_parts_add_up(parts):
    assert parts("check", "kernel-a", check="echo 3 passed, 0 failed, 1 skipped", kernel="exit 0") == (
        0, "4 passed, 0 failed, 1 skipped")


def test_kernels_are_built_one_after_the_other(parts):
    assert parts("kernel-a", "kernel-c", kernel="mkdir $BUILD/$1 $BUILD/one || exit; sleep 0.5; rmdir $BUILD/one") == (
        0, "2 passed, 0 failed, 0 skipped")


def test_kernels_that_are_measured_are_no_parts(parts):
    done = subprocess.run([ROOT / "scripts/test", "kernel-d-bench"], env=parts.prepare(kernel="exit 0"), timeout=60,
                          capture_output=True, text=True)
    assert done.returncode == 1 and " kernel-c" in done.stderr and "bench" not in done.stderr


def test_part_that_dies(parts):
    assert parts("kernel-a", kernel="kill -9 $$") == (1, "0 passed, 1 failed, 0 skipped")
    assert parts("check", check="echo 5 passed, 0 failed, 0 skipped; exit 3") == (1, "5 passed, 1 failed, 0 skipped")
    assert parts("steps") == (1, "0 passed, 1 failed, 0 skipped"), "there is no such script"


def test_what_is_ended_leaves_no_part_behind(parts, tmp_path):
    """Ended by a signal, it ends its parts, which have sessions of their own."""
    number = tmp_path / "number"
    env = parts.prepare(check=f"echo $$ >{number}.new; mv {number}.new {number}; sleep 50")
    with subprocess.Popen([ROOT / "scripts/test", "check"], env=env, stdout=subprocess.DEVNULL) as tested:
        while not number.exists():
            assert tested.poll() is None
            time.sleep(0.1)
        tested.terminate()
        assert tested.wait(30) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)


def test_without_a_tree_nothing_else_is_tested(parts, tmp_path):
    logs = tmp_path / "build/log"
    assert parts("tree", "check", base="exit 1", tree="exit 0", check="echo 3 passed, 0 failed, 0 skipped") == (
        1, "0 passed, 1 failed, 0 skipped")
    assert not (logs / "test-check.log").exists()
    assert parts("tree", "check", base="exit 0") == (0, "4 passed, 0 failed, 0 skipped")


def test_log_that_cannot_be_written(parts, tmp_path):
    (tmp_path / "build/log/test-check.log").mkdir(parents=True)
    assert parts("check", check="echo 3 passed, 0 failed, 0 skipped") == (1, "0 passed, 1 failed, 0 skipped")


def test_nothing_tested_is_a_failure(parts):
    assert parts("check", check="echo 0 passed, 0 failed, 7 skipped") == (1, "0 passed, 1 failed, 7 skipped")


def test_pytest_that_finds_nothing(parts, tmp_path):
    (tmp_path / "tests/lint").mkdir(parents=True)
    assert parts("lint") == (1, "0 passed, 1 failed, 0 skipped")


def test_pytest_s_own_counts(parts, tmp_path):
    (tmp_path / "tests/lint").mkdir(parents=True)
    (tmp_path / "tests/lint/test_x.py").write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pytest.skip()\n"
        "@pytest.fixture\ndef f(): assert 0\ndef test_d(f): pass\n")
    assert parts("lint") == (1, "1 passed, 2 failed, 1 skipped")


def test_long_parts_run_only_when_named(parts, tmp_path):
    """Without names every other part runs; these two fail, since there is nothing to test."""
    logs = tmp_path / "build/log"
    parts(base="exit 0", tree="exit 0")
    assert not list(logs.glob("test-long-*")) and (logs / "test-xen-4.17.log").exists()
    assert parts("long-4.17", "long-4.20") == (1, "0 passed, 2 failed, 0 skipped")
    assert (logs / "test-long-4.20.log").exists()
