# SPDX-License-Identifier: GPL-2.0
"""PVH domains that are saved, restored, migrated and checkpointed, under load.

The load goes on across all that: calculation on every CPU, a disk that is written and read, one connection in both
directions. The clocks are right afterwards, and the CPUs are whole, also those that were away meanwhile.
"""

import pytest

from life import running, settings

TIMES = 10
WAYS = ["save_and_restore", "migrate", "checkpoint", "cancelled_save"]


def across(domain, way, away=()):
    """Does this to the domain while CPUs are away, which are brought back after it."""
    for cpu in away:
        domain.ask(f"offline {cpu}")
    getattr(domain, way)()
    for cpu in away:
        domain.ask(f"online {cpu}")


@pytest.mark.parametrize("acpi", [pytest.param("acpi", marks=pytest.mark.first("4.17")),
                                  pytest.param("off", marks=pytest.mark.first("4.20"))])
def test_life(host, acpi):
    """A domain's life with some of everything: CPUs go and come, it is saved, migrated, and goes on in place."""
    with running(host, f"life-{acpi}", settings(acpi, 2, maxvcpus=4)) as domain:
        domain.vcpu_set(4)
        # All but the first one, in every cycle.
        assert domain.cycle(5) == 15
        assert domain.settle() == 4
        across(domain, "save_and_restore", away=[1, 3])
        assert domain.settle() == 4
        domain.vcpu_set(3)
        for way in ("checkpoint", "cancelled_save", "migrate"):
            across(domain, way)
            assert domain.settle() == 3
        domain.end()


@pytest.mark.long
@pytest.mark.parametrize("vcpus", [1, 8])
@pytest.mark.parametrize("acpi", ["acpi", "off"])
@pytest.mark.parametrize("way", WAYS)
def test_often(host, way, acpi, vcpus):
    """The same thing again and again; every other time some CPUs are away."""
    with running(host, f"{way}-{acpi}-{vcpus}", settings(acpi, vcpus)) as domain:
        for number in range(TIMES):
            across(domain, way, away=range(1, vcpus, 3) if number % 2 else ())
            assert domain.settle() == vcpus
        print(f"{way}: {TIMES} times")
        domain.end()
