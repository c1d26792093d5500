# SPDX-License-Identifier: GPL-2.0
"""scripts/report: a page and a JUnit file of all results, also when some of them are damaged."""

import datetime
import json
import os
import subprocess
import xml.etree.ElementTree

import pytest

from conftest import ROOT

OLD = f"{datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=3):%Y-%m-%d}"
FIGURES = {"kernels": "/secret", "limits": {"at most mainline": False}, "entry": {"q35": {"base": 1000, "series": 250}},
           "power-on": {"base": [4, 5], "series": [2, 3]}, "exits": {"base": {"HLT": 3}, "series": {"IOIO": 7}}}
XML = """<testsuites><testsuite><testcase classname="x" name="test_ok"/><testcase classname="x" name="test_bad">
<failure message="m">first\n{}&lt;script&gt; &amp; #x1B[31mdied</failure></testcase></testsuite></testsuites>"""


class Place:
    """A repository with results of this series and of another one."""
    def __init__(self, path):
        self.path, self.page = path, path / "build/report.html"

    def report(self, *args, status=0):
        done = subprocess.run([ROOT / "scripts/report", *args], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "ROOT": str(self.path), "BUILD": str(self.path / "build")})
        assert done.returncode == status and "Traceback" not in done.stderr, done.stdout + done.stderr
        return done.stdout + done.stderr

    def write(self, name, text):
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)

    def fill(self):
        self.write("build/log/test-unit.xml", XML.format("more\n" * 99))
        self.write("build/log/test-check.log", "the check's <log>\n")
        self.write("scripts/bench", f"#!/bin/sh\necho '{json.dumps(FIGURES)}' >$BUILD/bench.json; exit 1\n")
        (self.path / "scripts/bench").chmod(0o755)
        self.report("--bench", status=1)
        bench = json.loads(next((self.path / "records").glob("*-bench.json")).read_text())
        about = {"date": bench["date"], "series": bench["series"], "seconds": 60, "why": "", "machine": "a CPU"}
        part = {**about, "tier": "test", "passed": 5, "failed": 0, "skipped": 1}
        old = {**part, "tier": "long", "date": OLD, "series": "another"}
        self.write("build/log/test.json", json.dumps({**about, "names": ["check", "fuzz", "long-steps"], "parts": {
            "check": {**part, "failed": 1, "why": "exit status 3"}, "unit": {**part, "passed": 1, "failed": 1}}}))
        self.write(f"records/{OLD}-long.json", json.dumps({**old, "parts": {"long-steps": old}}))
        return self


def test_page(tmp_path):
    place = Place(tmp_path).fill()
    place.report()
    page = place.page.read_text()
    for text in ("FAILED,\n11 tests: 6 passed, 3 failed,\n2 skipped", "long-steps (3 days ago on another one), \nfuzz<",
                 "not run on this one (3 days)", f"{OLD}-long<", "more\n&lt;script&gt; &amp; died<", "exit status 3",
                 "the check&#39;s &lt;log&gt;", "FAILED</span> at most mainline", "width: 25.0%", ">HLT<", ">IOIO<"):
        assert text in page, text
    assert "first\n" not in page and "<script" not in page
    assert not [path for path in (tmp_path / "records").iterdir() if "secret" in path.read_text()]
    suites = xml.etree.ElementTree.parse(tmp_path / "build/report.xml").getroot()
    assert [[suite.get(key) for key in ("name", "tests", "failures", "skipped")] for suite in suites] == [
        ["check", "7", "1", "1"], ["unit", "3", "1", "1"]]


@pytest.mark.parametrize("text", ["", "[]", '{"parts": 1}', '{"parts": {"unit": {}}}', "<testsuites><", "<html/>"])
@pytest.mark.parametrize("name", ["build/log/test.json", "build/log/test-unit.xml", "records/2026-01-01-bench.json"])
def test_damaged_file_is_named_and_others_are_shown(tmp_path, name, text):
    place = Place(tmp_path).fill()
    place.write(name, text)
    assert f"report: damaged: {tmp_path}/{name}: " in place.report()
    assert f"Damaged: {tmp_path}/{name}: " in place.page.read_text() and ">1,000<" in place.page.read_text()


def test_errors(tmp_path):
    assert "report: error: there are no results: run make test" in Place(tmp_path).report(status=1)
    place = Place(tmp_path).fill()
    place.page.symlink_to("/dev/full")
    assert place.report(status=1) == "report: error: [Errno 28] No space left on device\n"
