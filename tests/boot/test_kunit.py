# SPDX-License-Identifier: GPL-2.0
"""The stub's KUnit suite, which tests/unit runs on the host, passes in guests of 64 and of 32 bits.

The kernels have KUnit, but keep it off unless they are told otherwise.
"""

import re

import pytest

import qemu

APPEND = "console=ttyS0 panic=-1 kunit.enable=1 kunit.autorun=1"
ICOUNT = ["-icount", "shift=5,sleep=off"]


@pytest.mark.parametrize("name,archive", [("x86_64-noxen", None), ("i386-pae", "initrd-i386")])
def test_kunit(name, archive, kernel, initrd):
    guest = qemu.Qemu(kernel(name), "microvm", initrd=archive and initrd(archive), append=APPEND, extra=ICOUNT)
    guest.run()
    totals = re.search(r"# pvh: pass:.*\s.*# Totals: pass:(\d+) fail:(\d+) skip:(\d+) total:(\d+)", guest.console)
    assert totals, guest.failure("the suite did not end")
    passed, failed, skipped, total = map(int, totals.groups())
    assert (failed, skipped) == (0, 0) and passed == total, guest.failure("tests failed")
    assert total >= 60
    assert re.search(r"^.*\bok \d+ pvh\r?$", guest.console, re.M), guest.failure("the suite is not ok")
