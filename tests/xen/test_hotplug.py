# SPDX-License-Identifier: GPL-2.0
"""CPUs of a PVH domain that go and come, under load: from inside by /sys, from outside by xl vcpu-set.

A CPU that is back is whole: it runs what is pinned to it, answers other CPUs, ends sleeps in time, counts interrupts.
"""

import re

import pytest

import grub
from domu import config
from life import LIFE, Life, settings

CYCLES, TIMES = 100, 10
CLOUD_MIB = 512
# What a PVH domain does not have, and kernels have complained of.
ABSENT = r"\bGPE|\bSCI\b|No config space access|unrecognised magic"


@pytest.mark.long
@pytest.mark.parametrize("vcpus", [8])
@pytest.mark.parametrize("acpi", ["acpi", "off"])
def test_cycles(host, acpi, vcpus):
    """So often, several CPUs are taken away and brought back from inside."""
    with Life(host, f"cycles-{acpi}-{vcpus}", settings(acpi, vcpus)).running() as domain:
        for _ in range(CYCLES // TIMES):
            domain.cycle(TIMES)
            assert domain.settle() == vcpus
        domain.end()


@pytest.mark.long
@pytest.mark.parametrize("entry", ["stub", "grub"])
def test_clean_log(host, entry):
    """A kernel that can plug CPUs in by ACPI has them by Xen, and does not complain of what a domain does not have."""
    # With earlyprintk=xen only Xen's log would have the beginning.
    name, words = f"clean-{entry}", f"console=hvc0 panic=-1{LIFE}"
    made = (grub.settings(host, name, "-cloud", 2, CLOUD_MIB, words) if entry == "grub" else
            config("pvh", "bzImage-cloud", 2, CLOUD_MIB, extra=words))
    with Life(host, name, {**made, "maxvcpus": 4}, devices=False).running() as domain:
        for count in (4, 1, 3, 2):
            domain.vcpu_set(count)
            assert domain.settle() == count
        domain.end()
    host.run(f"rm -f /tmp/{name}*")
    assert "Linux version" in domain.log
    assert [line for line in domain.log.splitlines() if re.search(ABSENT, line)] == []


@pytest.mark.parametrize("acpi,times", [
    pytest.param("acpi", 1, marks=pytest.mark.first("4.20")),
    pytest.param("acpi", TIMES, marks=pytest.mark.long), pytest.param("off", TIMES, marks=pytest.mark.long)])
def test_vcpu_set(host, acpi, times):
    """vCPUs are added beyond those of the start, and taken away down to one."""
    with Life(host, f"plug-{acpi}-{times}", settings(acpi, 2, maxvcpus=4)).running() as domain:
        for _ in range(times):
            for count in (4, 1, 3, 2):
                domain.vcpu_set(count)
                assert domain.settle() == count
        domain.end()
