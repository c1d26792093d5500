# SPDX-License-Identifier: GPL-2.0
"""Instrumented kernels under QEMU: CPUs that come, go away and come back, and no complaint."""

import pytest

import instrumented
import qemu

pytestmark = pytest.mark.long
# A microvm has nothing to measure the TSC by when a kernel is slow; by the instruction clock it has 1 GHz.
TSC = {"microvm": " tsc_early_khz=1000000", "q35": ""}
# By the instruction clock only one vCPU runs at a time: where the TSC can be measured, they are threads.
CLOCK = {"microvm": ["-icount", "shift=5,sleep=off"], "q35": []}


@pytest.mark.parametrize("machine", ["microvm", "q35"])
@pytest.mark.parametrize("name", instrumented.KERNELS)
def test_cpus(name, machine, kernel, initrd):
    guest = qemu.Qemu(kernel(name), machine, instrumented.CPUS, "1G", initrd("initrd-x86_64"),
                      f"console=ttyS0 panic=-1 pvh.cycle=1{TSC[machine]}{instrumented.KERNELS[name]}",
                      CLOCK[machine], limit=1200)
    report, = guest.run(until_exit=True)
    assert report["boot_protocol"] == "0x020c" and report["cpus_worked"] == str(instrumented.CPUS)
    assert report["cycled"] == str(instrumented.CPUS - 1)
    assert instrumented.missing(name, guest.console) == []
