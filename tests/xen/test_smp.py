# SPDX-License-Identifier: GPL-2.0
"""PVH domains with many vCPUs, with ACPI and without: all of them come up, work, and answer each other."""

import pytest

from domu import ACPI, HVC, STARTED, boot, check_basics, check_cpus, config

# Enough for a few vCPUs, and for many.
MIB, MIB_PER_VCPU = 192, 2
# What more vCPUs take, at most, under emulation.
LIMIT, LIMIT_PER_VCPU = 300, 10


def run(host, acpi, vcpus):
    """One domain's life, then all that is known of its CPUs."""
    ending, words = ACPI[acpi]
    made = config("pvh", f"vmlinux{ending}", vcpus, MIB + MIB_PER_VCPU * vcpus, extra=f"{HVC}{words} pvh.cpus=1")
    domain = boot(host, f"smp-{acpi}-{vcpus}", made, limit=LIMIT + LIMIT_PER_VCPU * vcpus)
    check_basics(domain, made, "PVH")
    assert domain.facts["acpi"] == ("yes" if acpi == "acpi" else "no")
    check_cpus(domain, vcpus)
    assert STARTED in domain.log, domain.explain("it does not say how it has started its CPUs")
    print(f"{acpi}: {domain.facts['cpus_worked']} of {vcpus} vCPUs worked")


@pytest.mark.parametrize("acpi,vcpus", [
    ("acpi", 2), ("off", 4), pytest.param("never", 8, marks=pytest.mark.long),
    pytest.param("acpi", 16, marks=pytest.mark.first("4.17"))])
def test_vcpus(host, acpi, vcpus):
    """As many as domains usually have."""
    run(host, acpi, vcpus)


@pytest.mark.long
@pytest.mark.parametrize("vcpus", [33, 64])
@pytest.mark.parametrize("acpi", ["acpi", "off"])
def test_many_vcpus(host, acpi, vcpus):
    """More than the 32 that have their vcpu_info in the shared page.

    128, the most that Xen gives a PVH domain, come up, too; but the emulator has no time left between their ticks.
    """
    # However many vCPUs want to run, dom0 answers.
    host.run("xl sched-credit2 -d Domain-0 -w 65535")
    try:
        run(host, acpi, vcpus)
    finally:
        host.run("xl sched-credit2 -d Domain-0 -w 256")
