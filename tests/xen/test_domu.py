# SPDX-License-Identifier: GPL-2.0
"""PVH domains on real Xen: no device model, a PV disk, a PV network interface.

Every claim is checked on what the guest itself reports, on what dom0 finds on the guest's disk and in
the bytes that the guest sent, and on what xl and dom0's process list say.
"""

import itertools

import pytest

import disk
import xenhost
from domu import XEN_LOADER, boot, check_basics, check_memory, config

OWN, PEER = "192.168.128.2", "192.168.128.1"
PORTS = itertools.count(5000, 2)


def with_devices(host, name, settings):
    """The configuration with a disk, a network interface, and the words that make the guest check them."""
    port = next(PORTS)
    host.run(f"mkdir -p /tmp/{name}; cp /payload/disk.img /tmp/{name}/; "
             f"setsid sh /payload/peer {OWN} {port} /tmp/{name} >/tmp/{name}/peer.log 2>&1 &")
    extra = f"{settings['extra']} pvh.disk=xvda pvh.net={OWN},{PEER},{port}"
    # backendtype=phy is xen-blkback in dom0's kernel, through a loop device that Xen's block script makes.
    return {**settings, "extra": extra,
            "disk": [f"format=raw,vdev=xvda,access=rw,backendtype=phy,target=/tmp/{name}/disk.img"],
            "vif": ["bridge=xenbr0,mac=00:16:3e:00:00:01"]}


def check_devices(host, name, facts):
    """The guest verified its disk and its network; dom0 finds what the guest wrote and sent."""
    assert facts.get("disk") == "ok"
    assert facts.get("net") == "ok"
    assert disk.sha256_on(host, f"/tmp/{name}/disk.img") == disk.written_sha256()
    for way in ("accepted", "connected"):
        host.run(f"cmp /payload/guest-bytes /tmp/{name}/{way}")
    host.run(f"rm -r /tmp/{name}")


@pytest.mark.parametrize("kernel,vcpus,mib", [
    ("vmlinux", 1, 256),
    pytest.param("vmlinux", 4, 3072, marks=pytest.mark.first("4.17")),
    ("bzImage", 4, 256),
    pytest.param("bzImage", 1, 3072, marks=pytest.mark.first("4.20")),
    pytest.param("vmlinux32", 4, 256, marks=pytest.mark.skipif(
        xenhost.QEMU == "qemu-system-x86_64", reason="needs the emulator of tests/rig/xen/build-qemu")),
])
def test_pvh(host, kernel, vcpus, mib):
    """A PVH domain with disk and network."""
    name = f"pvh-{kernel}-{vcpus}-{mib}"
    settings = with_devices(host, name, config("pvh", kernel, vcpus, mib))
    domain = boot(host, name, settings)
    check_basics(domain, settings, "PVH")
    check_memory(domain.facts, mib)
    assert int(domain.facts["loader"]) >> 4 == XEN_LOADER
    assert domain.facts["bits"] == ("32" if kernel == "vmlinux32" else "64")
    assert domain.device_models == []
    check_devices(host, name, domain.facts)


def test_hvm(host):
    """The same kernel as an HVM domain, which has a device model."""
    settings = config("hvm", "bzImage", 2, 256, vga="none", vnc=0, serial="pty")
    domain = boot(host, "hvm", settings)
    check_basics(domain, settings, "HVM")
    assert len(domain.device_models) == 1


def test_pv(host):
    """The same kernel as a PV domain."""
    settings = config("pv", "vmlinux", 2, 256)
    domain = boot(host, "pv", settings)
    check_basics(domain, settings, "PV")
    assert domain.device_models == []
