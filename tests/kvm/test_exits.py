# SPDX-License-Identifier: GPL-2.0
"""From the PVH entry to init a guest of KVM makes no more VM exits than it has to: limits are in counts.py.

In the short run they are numbers, in the long one parts of what mainline makes beside it.
"""

import json
import operator

import pytest

import counts


@pytest.mark.parametrize("machine,most", counts.MOST.items())
def test_few(machine, most, host):
    """Every access to a port is an exit, too."""
    report, found = counts.count(host, "vmlinux", machine)
    assert found.by_device().total() == found.port_io()
    made = found.port_io(), found.without_interrupts()
    assert all(map(operator.le, made, most)), f"{made}: {found.by_device()}, {found.reasons}, {report}"


@pytest.mark.long
@pytest.mark.parametrize("machine", counts.MACHINES)
@pytest.mark.parametrize("name,mainline,ours", [
    pytest.param("x86_64", "base", "vmlinux", id="x86_64"),
    pytest.param("debian-cloud", "base-cloud", "vmlinux-cloud", id="debian-cloud")])
def test_exits(machine, name, mainline, ours, host):
    """At most so much of mainline's; and every access to a port is an exit."""
    found = counts.compare(host, machine, mainline, ours)
    for tree, ports in found["ports"].items():
        assert ports.total() == found["port I/O"][tree], (tree, ports)
    limits = dict(counts.limits(name, machine, found))
    assert len(limits) == len(counts.LIMITS)
    assert all(limits.values()), f"{limits}\n{json.dumps(found, indent=1)}"
