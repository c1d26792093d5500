# SPDX-License-Identifier: GPL-2.0
"""PVH domains that are saved, restored, migrated and checkpointed, under load.

The load goes on across all that: calculation on every CPU, a disk that is written and read, one connection in both
directions. The clocks are right afterwards, and the CPUs are whole, also those that were away meanwhile.
"""

import pytest

from domu import ACPI, HVC, config
from life import LIFE, MIB, Life, settings

TIMES = 10
# A pause, in seconds of the emulated host.
PAUSE = 1000
# How long the load's CPUs rest otherwise, in microseconds.
REST = 60000
# Words, and how many CPUs of four a domain has in the end.
FEWER = {"maxcpus=1": 4, "nr_cpus=2": 2, "possible_cpus=2": 2, "nosmt=force": 4}
WAYS = ["save_and_restore", "migrate", "checkpoint", "cancelled_save"]


def across(domain, way, away=()):
    """Does this to the domain while CPUs are away, which are brought back after it."""
    for cpu in away:
        domain.ask(f"offline {cpu}")
    getattr(domain, way)()
    for cpu in away:
        domain.ask(f"online {cpu}")


@pytest.mark.parametrize("acpi", [pytest.param("acpi", marks=pytest.mark.first("4.17")),
                                  pytest.param("off", marks=pytest.mark.long)])
def test_life(host, acpi):
    """A domain's life with some of everything: CPUs go and come, it is saved, migrated, and goes on in place."""
    with Life(host, f"life-{acpi}", settings(acpi, 2, maxvcpus=4)).running() as domain:
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
@pytest.mark.parametrize("acpi", ["acpi", "off"])
@pytest.mark.parametrize("words,cpus", FEWER.items())
def test_fewer_cpus(host, words, cpus, acpi):
    """CPUs that a word of the command line keeps from the domain do not come back by a restore; those brought up do."""
    made = settings(acpi, 4)
    made["extra"] += f" {words}"
    with Life(host, f"{words.replace('=', '-')}-{acpi}", made).running() as domain:
        if words == "maxcpus=1":
            assert domain.cpus() == ("0", "0-3")
            for cpu in range(1, cpus):
                domain.ask(f"online {cpu}")
        for _ in range(2):
            assert domain.settle() == cpus
            across(domain, "save_and_restore")
        assert domain.settle() == cpus
        domain.end()


@pytest.mark.long
@pytest.mark.parametrize("kernel,mib", [("vmlinux", MIB), ("bzImage-cloud", 512)])
@pytest.mark.parametrize("acpi", ["acpi", "off"])
def test_pause(host, kernel, mib, acpi):
    """A domain whose CPUs never rest is paused for long: its clocks are right afterwards, and nothing complains."""
    made = config("pvh", kernel, 2, mib, extra=f"{HVC}{ACPI[acpi][1]}{LIFE}")
    with Life(host, f"pause-{kernel}-{acpi}", made, devices=False).running() as domain:
        domain.ask("rest 0")
        domain.pause(PAUSE)
        # What watches for lockups looks every four seconds.
        host.run("sleep 10")
        domain.clock()
        domain.ask(f"rest {REST}")
        assert domain.settle() == 2
        domain.end()
    assert "Cycle offset" not in domain.log


@pytest.mark.long
@pytest.mark.parametrize("vcpus", [1, 8])
@pytest.mark.parametrize("acpi", ["acpi", "off"])
@pytest.mark.parametrize("way", WAYS)
def test_often(host, way, acpi, vcpus):
    """The same thing again and again; every other time some CPUs are away."""
    with Life(host, f"{way}-{acpi}-{vcpus}", settings(acpi, vcpus)).running() as domain:
        for number in range(TIMES):
            across(domain, way, away=range(1, vcpus, 3) if number % 2 else ())
            assert domain.settle() == vcpus
        print(f"{way}: {TIMES} times")
        domain.end()
