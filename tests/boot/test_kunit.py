# SPDX-License-Identifier: GPL-2.0
"""The stub's KUnit suites, which tests/unit runs on the host, pass in guests of 64 and of 32 bits.

The kernels have KUnit, but keep it off unless they are told otherwise. kunit.py, of the kernel, reads the results.
"""

import json
import subprocess
import sys

import pytest

import qemu

APPEND = "console=ttyS0 panic=-1 kunit.enable=1 kunit.autorun=1"
ICOUNT = ["-icount", "shift=5,sleep=off"]
KUNIT = qemu.BUILD / "tree/tools/testing/kunit/kunit.py"


# The suites, and the least number of cases.
@pytest.mark.parametrize("name,archive,cases", [("x86_64-noxen", None, {"pvh": 60, "pvh_mapping": 5}),
                                                ("i386-pae", "initrd-i386", {"pvh": 60})])
def test_kunit(name, archive, cases, kernel, initrd, tmp_path):
    guest = qemu.Qemu(kernel(name), "microvm", initrd=archive and initrd(archive), append=APPEND, extra=ICOUNT)
    guest.run()
    done = subprocess.run([sys.executable, "-B", KUNIT, "parse", f"--json={tmp_path}/json"], input=guest.console,
                          capture_output=True, text=True)
    assert done.returncode == 0, guest.failure(done.stdout)
    suites = json.loads((tmp_path / "json").read_text())["sub_groups"]
    found = {suite["name"]: suite["misc"] for suite in suites if suite["name"].startswith("pvh")}
    assert set(found) == set(cases), guest.failure(done.stdout)
    for suite, counts in found.items():
        bad = [counts[what] for what in ("failed", "crashed", "skipped", "errors")]
        assert counts["passed"] >= cases[suite] and not any(bad), guest.failure(done.stdout)
