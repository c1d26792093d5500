# SPDX-License-Identifier: GPL-2.0
"""No command line option takes CPUs, event delivery or the clock from a PVH domain without a word."""

import itertools

import pytest

from domu import boot, check_clock, check_memory, config

VCPUS, MIB = 4, 256

# Options, and how many CPUs of four a domain has with them.
OPTIONS = {"noapic": 4, "nolapic": 1, "nosmp": 1, "nox2apic": 4, "maxcpus=2": 2, "nopv": 4, "xen_no_vector_callback": 4}
MORE = {"": 4, "acpi=noirq": 4, "nr_cpus=2": 2, "possible_cpus=2": 2, "nosmt=force": 4, "nolapic noapic nosmp nopv": 1,
        "nolapic_timer": 4, "lapic": 4, "maxcpus=0": 1, "maxcpus=1": 1, "nr_cpus=1": 1, "nolapic nr_cpus=2": 1, "acpi=ht": 4,
        "pci=noacpi": 4, "pci=off": 4, "xen_nopv": 4, "xen.fifo_events=0": 4, "nopvspin": 4, "clocksource=tsc": 4,
        "tsc=unstable": 4, "notsc": 4, "hpet=force": 4}

# Kernels, and how they are told to do without ACPI. Those of distributions and 32 bits cannot read MP tables, which is why
# acpi_mps_check() used to disable the local APIC.
KERNELS = [("vmlinux", ""), ("vmlinux", "acpi=off"), ("vmlinux-distro", ""), ("vmlinux-distro", "acpi=off"),
           ("vmlinux-noacpi", ""), ("vmlinux32", "acpi=off")]
# The short run takes those that have differed, one kernel a release.
SHORT = {("vmlinux", ""): "4.17", ("vmlinux32", "acpi=off"): "4.20"}

# Each domain has a name of its own, and with it a log.
NUMBERS = itertools.count()


def cases():
    """Every option with every kernel."""
    for kernel, words in KERNELS:
        for option, cpus in (OPTIONS | MORE).items():
            release = SHORT.get((kernel, words)) if option in OPTIONS else None
            yield pytest.param(kernel, f"{words} {option}".strip(), cpus,
                               marks=pytest.mark.first(release) if release else pytest.mark.long)


def check(host, kernel, words, cpus):
    """Boots a domain with these words; it has so many CPUs, which all work, a clock that runs, and its memory."""
    settings = config("pvh", kernel, VCPUS, MIB)
    settings["extra"] += f" {words}"
    domain = boot(host, f"option-{next(NUMBERS)}", settings)
    found = {key: domain.facts.get(key) for key in ("guest_type", "cpus_online", "cpus_worked")}
    assert found == {"guest_type": "PVH", "cpus_online": str(cpus), "cpus_worked": str(cpus)}, domain.explain(words)
    check_clock(domain.facts)
    check_memory(domain.facts, MIB)


@pytest.mark.parametrize("kernel,words,cpus", cases())
def test_option(host, kernel, words, cpus):
    """One option, with ACPI or without."""
    check(host, kernel, words, cpus)
