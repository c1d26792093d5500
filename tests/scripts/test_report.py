# SPDX-License-Identifier: GPL-2.0
"""scripts/report: a page and a JUnit file from whatever results there are, damaged ones included."""

import datetime
import json
import os
import subprocess
import xml.etree.ElementTree

import pytest

from conftest import ROOT

NOW = datetime.datetime.now(datetime.timezone.utc)
PATCH = "one.patch"
BENCH = {"kernels": {"base": "/secret/base", "series": "/secret/series"}, "limits": {"less than mainline's": True},
         "entry": {"q35": {"base": 1000, "series": 250}}, "power-on": {"q35": {"base": [4, 4], "series": [2, 2]}},
         "exits": {"by code": {"base": {"HLT": 3}, "series": {"IOIO": 7}}, "top": [["HLT", "halt", 3]],
                   "ticks": {"acpi": 10, "noacpi": 5}}}
# The figures as a record has them.
KEPT = {what: figures for what, figures in BENCH.items() if what != "kernels"}
FAILING = """<testsuites><testsuite name="pytest" tests="3" failures="1" errors="0" skipped="1" time="3">
<testcase classname="tests.a.test_x" name="test_ok" time="1"/>
<testcase classname="tests.a.test_x" name="test_skip" time="0"><skipped message="no"/></testcase>
<testcase classname="tests.a.test_x" name="test_bad" time="2"><failure message="m">said &lt;script&gt; &amp; died</failure>
</testcase></testsuite></testsuites>"""


class Place:
    """A repository of one patch, with results."""

    def __init__(self, path):
        self.path, self.build, self.records = path, path / "build", path / "records"
        self.env = {**os.environ, "ROOT": str(path), "BUILD": str(self.build)}
        self.env.pop("PATCHES", None)
        for name, text in {"patches/series": f"# A comment.\n{PATCH}\n", f"patches/{PATCH}": "diff\n"}.items():
            self.write(name, text)

    def write(self, name, text):
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text if isinstance(text, str) else json.dumps(text))

    def about(self, days=0):
        """What a run says of itself; one of today is of this series."""
        identity = subprocess.run(["/usr/bin/python3", "-c", "import record; print(record.series())"], check=True,
                                  env={**self.env, "PYTHONPATH": str(ROOT / "tests/rig")}, capture_output=True, text=True)
        return {"date": f"{NOW - datetime.timedelta(days):%Y-%m-%dT%H:%M:%SZ}", "commit": "c0ffee0", "seconds": 9,
                "series": "0123456789ab" if days else identity.stdout.strip(),
                "machine": {"cpu": "a CPU", "cpus": 2, "MiB": 4096, "compiler": "gcc"}}

    def run(self, days=0, **parts):
        """A run of parts, NAME=(passed, failed, skipped)."""
        about = self.about(days)
        return {**about, "names": ["check", "unit", "long-steps"], "parts": {
            name.replace("_", "-"): {**about, **dict(zip(("passed", "failed", "skipped"), counts)), "why": "",
                                     "tier": "long" if name.startswith("long") else "test"}
            for name, counts in parts.items()}}

    def report(self, *args, status=0):
        """Its output. The page and the JUnit file are kept as text."""
        done = subprocess.run([ROOT / "scripts/report", *args], env=self.env, capture_output=True, text=True, timeout=60)
        assert done.returncode == status and "Traceback" not in done.stderr, done.stdout + done.stderr
        html, junit = self.build / "report.html", self.build / "report.xml"
        self.html, self.junit = (path.read_text() if path.exists() else "" for path in (html, junit))
        return done.stdout + done.stderr

    def suites(self):
        """(tests, failures, skipped) of each suite."""
        return {suite.get("name"): tuple(int(suite.get(key)) for key in ("tests", "failures", "skipped"))
                for suite in xml.etree.ElementTree.fromstring(self.junit).iter("testsuite")}


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def test_no_results(place):
    output = place.report(status=1)
    assert output == "report: error: there are no results: run make test, make long or make bench first\n"
    assert not place.html


def test_all_parts(place):
    """The counts of every part, and in JUnit those of pytest under their names."""
    place.write("build/log/test.json", place.run(check=(5, 0, 1), unit=(1, 1, 1), long_steps=(2, 0, 0)))
    place.write("build/log/test-unit.xml", FAILING)
    place.report()
    assert place.suites() == {"check": (6, 0, 1), "unit": (3, 1, 1), "long-steps": (2, 0, 0)}
    assert 'name="test_bad"' in place.junit
    assert "FAILED: 1 of 9 tests" in place.html and "test_x::test_skip" in place.html and "all of long" in place.html


def test_message_of_a_failure_is_text(place):
    place.write("build/log/test.json", place.run(check=(3, 1, 0), unit=(1, 1, 1)))
    place.write("build/log/test-unit.xml", FAILING)
    place.write("build/log/test-check.log", "first\n" * 200 + "\x1b[31m<b>&\x1b[0m \0last\n")
    place.report()
    assert "said &lt;script&gt; &amp; died" in place.html and "<script" not in place.html
    assert "&lt;b&gt;&amp; last" in place.html and place.html.count("first\n") < 100
    assert "&lt;b&gt;&amp; last" in place.junit and place.suites()["check"] == (4, 1, 0)


@pytest.mark.parametrize("name, text", [
    ("build/log/test.json", ""), ("build/log/test.json", "[]"), ("build/log/test.json", '{"parts": {"unit": {}}}'),
    ("build/log/test-unit.xml", "<testsuites><"), ("build/log/test-unit.xml", "<html/>"),
    ("build/bench.json", "[]"), ("build/bench.json", '{"kernels": 1, "limits": 2}'),
    ("records/2026-01-01-long.json", "\xff"), ("records/2026-01-01-long.json", '{"parts": 1}')])
def test_damaged_file_is_named(place, name, text):
    """The other files are shown."""
    place.write("build/log/test.json", place.run(unit=(1, 0, 0)))
    place.write("records/2026-01-02-bench.json", {**place.about(), "figures": KEPT})
    place.write(name, text)
    assert f"report: damaged: {name}: " in place.report()
    assert f"Damaged: {name}: " in place.html and "1,000" in place.html
    assert place.suites() == ({} if name.endswith("test.json") else {"unit": (1, 0, 0)})


def test_run_of_another_series(place):
    """It is shown with its age, and does not count."""
    place.write("build/log/test.json", place.run(days=3, check=(5, 1, 0)))
    place.write("records/2026-01-01-long.json", place.run(days=1, long_steps=(7, 0, 0)))
    place.report()
    assert "Nothing was run on this series" in place.html and "FAILED" not in place.html
    assert "check: not run on this one (age 3 days)" in place.html
    assert "long-steps: not run on this one (age 1 day)" in place.html
    assert "unit: no record of a run" in place.html and "bench: no record of a run" in place.html


def test_record_of_this_series(place):
    """What a record has run on these patches is not missing; another patch makes it so."""
    place.write("build/log/test.json", place.run(check=(5, 0, 0)))
    place.write("records/2026-01-01-long.json", place.run(long_steps=(7, 0, 0)))
    place.report()
    assert "long-steps: " not in place.html and "All that was run on this series passed, but not" in place.html
    assert "Minutes of the long runs" not in place.html
    place.write("records/2026-01-02-long.json", place.run(days=5, long_steps=(7, 0, 0)))
    place.write(f"patches/{PATCH}", "another\n")
    place.report()
    assert "long-steps: not run on this one (age 0 days)" in place.html and "Minutes of the long runs" in place.html


def test_bench(place):
    """Every pair of figures has its line, and a limit that is missed is a failure of the series that was measured."""
    place.write("build/log/test.json", place.run(check=(5, 0, 0)))
    place.write("build/bench.json", BENCH)
    place.report()
    for text in ("1,000", "250", "0.2500", "q35, run 2", "by code, IOIO", "ACPI=n", "halt"):
        assert f">{text}<" in place.html, text
    assert "no record has these figures" in place.html and "bench: no record" in place.html
    missed = {"limits": {"less than mainline's": False}}
    place.write("build/bench.json", BENCH | missed)
    place.write("records/2026-01-01-bench.json", {**place.about(), "figures": KEPT | missed})
    place.report()
    assert "bench: " not in place.html and "FAILED: 0 of 5 tests, and a limit of the bench" in place.html


@pytest.mark.parametrize("status", [0, 1])
def test_bench_leaves_a_record(place, status):
    """With its figures and without paths, also past a limit."""
    place.write("new.json", BENCH)
    place.write("scripts/bench", f"#!/bin/sh\ncp {place.path}/new.json $BUILD/bench.json; exit {status}\n")
    (place.path / "scripts/bench").chmod(0o755)
    place.build.mkdir()
    place.report("--bench", status=status)
    record, = place.records.glob("*-bench.json")
    text = record.read_text()
    assert json.loads(text)["figures"]["entry"] == BENCH["entry"] and "secret" not in text
    assert json.loads(text)["series"] == place.about()["series"] and "SPDX-License-Identifier: " in text[:100]


def test_bench_that_dies_leaves_none(place):
    """The figures of an earlier run are not taken for its own."""
    place.write("build/bench.json", BENCH)
    place.write("scripts/bench", "#!/bin/sh\necho 'bench: error: no kernel' >&2; exit 1\n")
    (place.path / "scripts/bench").chmod(0o755)
    assert place.report("--bench", status=1) == "bench: error: no kernel\n"
    assert not place.records.exists()


def test_full_disk(place):
    place.write("build/log/test.json", place.run(check=(5, 0, 0)))
    (place.build / "report.html").symlink_to("/dev/full")
    output = subprocess.run([ROOT / "scripts/report"], env=place.env, capture_output=True, text=True, timeout=60)
    assert output.returncode == 1 and output.stderr == "report: error: [Errno 28] No space left on device\n"
