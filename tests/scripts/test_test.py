# SPDX-License-Identifier: GPL-2.0
"""scripts/test: its last line adds up everything, and whatever went wrong counts as failed."""

import json
import os
import subprocess
import time

import pytest

from conftest import ROOT


@pytest.fixture
def parts(tmp_path):
    """parts(NAMES..., SCRIPT=TEXT): scripts/test in a repository whose scripts are these."""
    def prepare(**scripts):
        (tmp_path / "tests/rig/configs").mkdir(parents=True, exist_ok=True)
        (tmp_path / "tests/rig/configs/kernels").write_text("a series gcc vmlinux test b\nc series gcc vmlinux test d\nd series gcc vmlinux bench e\n")
        (tmp_path / "scripts").mkdir(exist_ok=True)
        for name, text in scripts.items():
            (tmp_path / "scripts" / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / "scripts" / name).chmod(0o755)
        return {**os.environ, "ROOT": str(tmp_path), "BUILD": str(tmp_path / "build")}

    def run(*names, deadline="60", **scripts):
        done = subprocess.run([ROOT / "scripts/test", *names], env={**prepare(**scripts), "DEADLINE": deadline},
                              capture_output=True, text=True, timeout=60)
        run.output = done.stdout
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
    done = subprocess.run([ROOT / "scripts/test", "kernel-d"], env=parts.prepare(kernel="exit 0"), timeout=60,
                          capture_output=True, text=True)
    assert done.returncode == 1 and " kernel-c" in done.stderr and "kernel-d" not in done.stderr


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
        1, "0 passed, 2 failed, 0 skipped")
    assert "was not run: tree failed" in parts.output and not (logs / "test-check.log").exists()
    assert parts("tree", "check", base="exit 0") == (0, "4 passed, 0 failed, 0 skipped")


def test_deadline(parts):
    """What hangs is stopped, with all that it has started; what has not begun fails; what has ended counts."""
    started = time.monotonic()
    assert parts("check", "kernel-a", "kernel-c", deadline="2", check="echo 3 passed, 0 failed, 0 skipped",
                 kernel="trap '' TERM; sleep 50 & wait") == (1, "3 passed, 2 failed, 0 skipped")
    assert time.monotonic() - started < 45
    assert "stopped at the deadline" in parts.output and "kernel-c" in parts.output and "was not run" in parts.output


def test_stopped_part_that_ends_well(parts):
    assert parts("kernel-a", deadline="1", kernel="trap 'exit 0' TERM; while :; do sleep 0.1; done") == (
        1, "0 passed, 1 failed, 0 skipped")


def test_part_that_lies(parts, tmp_path):
    """pytest that ends well without a result."""
    (tmp_path / "tests/scripts").mkdir(parents=True)
    (tmp_path / "tests/scripts/conftest.py").write_text("import os\nos._exit(0)\n")
    assert parts("scripts") == (1, "0 passed, 1 failed, 0 skipped")
    assert "nothing was tested" in parts.output


def test_log_on_a_full_disk(parts, tmp_path):
    (tmp_path / "build/log").mkdir(parents=True)
    (tmp_path / "build/log/test-check.log").symlink_to("/dev/full")
    assert parts("check", check="seq 100000; echo 3 passed, 0 failed, 0 skipped") == (1, "0 passed, 1 failed, 0 skipped")
    assert "No space left" in parts.output


def test_damaged_result(parts, tmp_path):
    """A file of results that is none is an error of the part, not of the runner."""
    (tmp_path / "tests/scripts").mkdir(parents=True)
    (tmp_path / "tests/scripts/conftest.py").write_text(
        "def pytest_unconfigure(config):\n    open(config.option.xmlpath, 'w').write('<testsuite tests=\"x\"/>')\n")
    (tmp_path / "tests/scripts/test_x.py").write_text("def test_a(): pass\n")
    assert parts("scripts") == (1, "0 passed, 1 failed, 0 skipped")
    assert "ValueError" in parts.output or "TypeError" in parts.output


def test_log_that_cannot_be_written(parts, tmp_path):
    (tmp_path / "build/log/test-check.log").mkdir(parents=True)
    assert parts("check", check="echo 3 passed, 0 failed, 0 skipped") == (1, "0 passed, 1 failed, 0 skipped")


def test_nothing_tested_is_a_failure(parts):
    assert parts("check", check="echo 0 passed, 0 failed, 7 skipped") == (1, "0 passed, 1 failed, 7 skipped")


def test_pytest_that_finds_nothing(parts, tmp_path):
    (tmp_path / "tests/scripts").mkdir(parents=True)
    assert parts("scripts") == (1, "0 passed, 1 failed, 0 skipped")


def test_pytest_s_own_counts(parts, tmp_path):
    (tmp_path / "tests/scripts").mkdir(parents=True)
    (tmp_path / "tests/scripts/test_x.py").write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): assert 0\ndef test_c(): pytest.skip()\n"
        "@pytest.fixture\ndef f(): assert 0\ndef test_d(f): pass\n")
    assert parts("scripts") == (1, "1 passed, 2 failed, 1 skipped")
    assert " s  test_x::test_b; test_x::test_d (log: " in parts.output


def test_long_parts_run_only_when_named(parts, tmp_path):
    """Without names every other part runs; these two fail, since there is nothing to test."""
    logs = tmp_path / "build/log"
    parts(base="exit 0", tree="exit 0")
    assert not list(logs.glob("test-long-*")) and (logs / "test-xen-4.17.log").exists()
    assert parts("long-4.17", "long-4.20") == (1, "0 passed, 2 failed, 0 skipped")
    assert (logs / "test-long-4.20.log").exists()


def test_results_are_kept(parts, tmp_path):
    """Those of a part stay, with their series, when others are run on another one. A long run also leaves a record."""
    logs, patch = tmp_path / "build/log", tmp_path / "patches/1.patch"
    patch.parent.mkdir()
    logs.mkdir(parents=True)
    (logs / "test.json").write_text("[]")
    parts("check", check="echo 3 passed, 0 failed, 1 skipped")
    assert "test.json was damaged" in parts.output and not (tmp_path / "records").exists()
    patch.write_text("words\ndiff --git a/Documentation/x.rst b/Documentation/x.rst\ntext\ndiff --git a/x.c b/x.c\none\n")
    parts("kernel-a", "long-steps", kernel="exit 1", steps="echo 2 passed, 1 failed, 0 skipped")
    kept, record = (json.loads(path.read_text())["parts"] for path in (
        logs / "test.json", *(tmp_path / "records").glob("*-long.json")))
    found = {name: [part[key] for key in ("series", "tier", "passed", "failed")] for name, part in kept.items()}
    # The sha256sum of no code, and of this one's.
    assert found.pop("check") == ["e3b0c44298fc", "test", 3, 0]
    assert found == {"kernel-a": ["fa49515a7706", "test", 0, 1], "long-steps": ["fa49515a7706", "long", 2, 1]}
    assert record == {name: kept[name] for name in found}
