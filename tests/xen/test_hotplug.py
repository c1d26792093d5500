# SPDX-License-Identifier: GPL-2.0
"""CPUs of a PVH domain that go and come, under load: from inside by /sys, from outside by xl vcpu-set.

A CPU that is back is whole: it runs what is pinned to it, answers other CPUs, ends sleeps in time, counts interrupts.
"""

import pytest

from life import running, settings

CYCLES, TIMES = 100, 10


@pytest.mark.long
@pytest.mark.parametrize("vcpus", [8])
@pytest.mark.parametrize("acpi", ["acpi", "off"])
def test_cycles(host, acpi, vcpus):
    """So often, several CPUs are taken away and brought back from inside."""
    with running(host, f"cycles-{acpi}-{vcpus}", settings(acpi, vcpus)) as domain:
        for _ in range(CYCLES // TIMES):
            domain.cycle(TIMES)
            assert domain.settle() == vcpus
        domain.end()


@pytest.mark.parametrize("acpi,times", [
    pytest.param("acpi", 1, marks=pytest.mark.first("4.20")),
    pytest.param("acpi", TIMES, marks=pytest.mark.long), pytest.param("off", TIMES, marks=pytest.mark.long)])
def test_vcpu_set(host, acpi, times):
    """vCPUs are added beyond those of the start, and taken away down to one."""
    with running(host, f"plug-{acpi}-{times}", settings(acpi, 2, maxvcpus=4)) as domain:
        for _ in range(times):
            for count in (4, 1, 3, 2):
                domain.vcpu_set(count)
                assert domain.settle() == count
        domain.end()
