# SPDX-License-Identifier: GPL-2.0
"""Instrumented kernels as PVH domains: CPUs go and come, the domain is saved and restored, and there is no complaint."""

import pytest

import domu
import instrumented
from life import Life

pytestmark = pytest.mark.long
MIB = 256
# Until the kernel uses Xen's clock, it counts ticks, of which an instrumented one loses a part.
BEHIND = 5


@pytest.mark.parametrize("acpi", ["acpi", "off"])
@pytest.mark.parametrize("name", instrumented.KERNELS)
def test_life(host, name, acpi):
    # Without an early console, all of the kernel's log is on this one.
    extra = f"console=hvc0 panic=-1{domu.ACPI[acpi][1]}{instrumented.KERNELS[name]}"
    kernel = f"bzImage-{name}" if name in instrumented.BUILT else "vmlinux-distro"
    settings = {**domu.config("pvh", kernel, instrumented.CPUS, MIB), "extra": extra}
    with Life(host, f"{name}-{acpi}", settings).running() as domain:
        domain.behind = BEHIND
        assert domain.cycle(1) == instrumented.CPUS - 1
        assert domain.settle() == instrumented.CPUS
        domain.save_and_restore()
        assert domain.settle() == instrumented.CPUS
        domain.end()
    assert instrumented.missing(name, domain.log) == [] and domu.STARTED in domain.log
