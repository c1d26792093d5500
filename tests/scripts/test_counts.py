# SPDX-License-Identifier: GPL-2.0
"""tests/rig/kvm/counts.py: what it reads in a histogram, and that it takes no incomplete one for complete."""

import pytest

import counts

PORTS = """# event histogram
#
# trigger info: hist:keys=port.hex,rw.hex:vals=hitcount:sort=hitcount:size=65536 [paused]
#

{ port:         40, rw:          0 } hitcount:          1
{ port:        cf8, rw:          1 } hitcount:         20
{ port:        cfc, rw:          0 } hitcount:         30
{ port:       1234, rw:          0 } hitcount:          2

Totals:
    Hits: 53
    Entries: 4
    Dropped: 0
"""
EMPTY = "Totals:\n    Hits: 0\n    Entries: 0\n    Dropped: 0\n"


def test_histogram():
    found = counts.parse(PORTS, ("port", "rw"))
    assert found == {(0x40, 0): 1, (0xcf8, 1): 20, (0xcfc, 0): 30, (0x1234, 0): 2}
    parsed = counts.Counts({"kvm_exit": {}, "kvm_msr": {}, "kvm_pio": found})
    assert parsed.by_device() == {"PIT": 1, "PCI": 50, "other": 2}
    assert counts.parse(EMPTY, ("port", "rw")) == {}


@pytest.mark.parametrize("old,new", [("Dropped: 0", "Dropped: 1"), ("Hits: 53", "Hits: 54"),
                                     ("} hitcount:         20", "}"), (PORTS, "")])
def test_incomplete_histogram(old, new):
    with pytest.raises(ValueError):
        counts.parse(PORTS.replace(old, new), ("port", "rw"))


def test_interrupts_are_taken_off():
    exits = {(0x60,): 5, (0x64,): 7, (0x7c,): 11, (0x400,): 13}
    msrs = {(0x6e0, 1): 2, (0x80b, 1): 3, (0x1b, 0): 6}
    assert counts.Counts({"kvm_exit": exits, "kvm_msr": msrs, "kvm_pio": {}}).without_interrupts() == 11 - 5 + 13


def test_no_port_has_two_devices():
    ports = [port for ranges in counts.DEVICES.values() for first, last in ranges for port in range(first, last + 1)]
    assert len(ports) == len(set(ports))


def test_limits():
    """One that is reached holds, one that is passed does not, and a kernel without limits has none."""
    found = {key: {"base": 1000, "series": 1000 * most["x86_64"]["q35"]} for key, most in counts.LIMITS.items()}
    assert [holds for _, holds in counts.limits("x86_64", "q35", found)] == [True] * 3
    found["exits without interrupts and timer"]["series"] += 1
    assert [holds for _, holds in counts.limits("x86_64", "q35", found)] == [True, False, True]
    assert not list(counts.limits("tiny", "q35", found))
