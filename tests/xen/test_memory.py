# SPDX-License-Identifier: GPL-2.0
"""The memory of a PVH domain that grows and shrinks while it runs, from a start with less than it may have."""

import pytest

import grub
from domu import ACPI, HVC, boot, check_basics
from life import Life, settings
from xenhost import HostError

FEW, MANY, MOST = 128, 256, 4200
# What the kernel keeps to itself: image, initrd, tables.
KERNELS_OWN = 32


def wait_for_memory(domain, low, high, limit=60):
    """Waits until the guest's MemTotal is in a range, in MiB; returns it and MemFree."""
    for _ in range(limit):
        total, free = (int(word) >> 10 for word in domain.ask("meminfo").split())
        if low <= total <= high:
            return total, free
        domain.host.run("sleep 1")
    raise HostError(domain.explain(f"{total} MiB of memory after {limit} s, not {low} to {high}"))


def set_memory(domain, mib):
    """xl mem-set; returns the guest's MemTotal and MemFree when it has followed."""
    domain.host.run(f"xl mem-set {domain.name} {mib}", 60)
    total, free = wait_for_memory(domain, mib - KERNELS_OWN, mib)
    print(f"{domain.name}: told to have {mib} MiB, has {total} in all, {free} free")
    return total, free


@pytest.mark.long
@pytest.mark.parametrize("acpi", ["acpi", "off"])
def test_grub_with_less_memory(host, acpi):
    """A domain that GRUB starts with a small part of the memory that it may have: it sees all, and takes its part."""
    name = f"less-{acpi}"
    made = {**grub.settings(host, name, "", 2, MANY, HVC + ACPI[acpi][1]), "maxmem": MOST}
    domain = boot(host, name, made)
    check_basics(domain, made, "PVH")
    host.run(f"rm -f /tmp/{name}*")
    ram, total = int(domain.facts["ram_bytes"]) >> 20, int(domain.facts["mem_kib"]) >> 10
    assert MOST - 1 <= ram <= MOST and total < MANY, (ram, total)


@pytest.mark.parametrize("acpi", [pytest.param("off", marks=pytest.mark.first("4.17")),
                                  pytest.param("acpi", marks=pytest.mark.long)])
def test_balloon(host, acpi):
    """Memory that the domain does not have at its start, is given, uses, gives back and gets again."""
    with Life(host, f"memory-{acpi}", settings(acpi, 2, FEW, maxmem=MANY)).running() as domain:
        _, free = wait_for_memory(domain, FEW - KERNELS_OWN, FEW)
        domain.ask(f"memory {free // 2}", 120)
        for _ in range(2):
            _, free = set_memory(domain, MANY)
            domain.ask(f"memory {free * 3 // 4}", 120)
            _, few_free = set_memory(domain, FEW)
            assert few_free < free - (MANY - FEW) // 2
            domain.ask(f"memory {few_free // 2}", 120)
        assert domain.settle() == 2
        domain.end()
