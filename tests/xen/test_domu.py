# SPDX-License-Identifier: GPL-2.0
"""PVH domains on real Xen: no device model, a PV disk, a PV network interface.

Every claim is checked on what the guest itself reports, on what dom0 finds on the guest's disk and has received from
it, and on what xl and dom0's process list say.
"""

import pytest

import stripped
from domu import XEN_LOADER, boot, check_basics, check_memory, config, device_models
from life import Life


@pytest.mark.parametrize("kernel,vcpus,mib", [
    pytest.param("vmlinux", 1, 256, marks=pytest.mark.first("4.17")),
    pytest.param("vmlinux", 4, 3072, marks=pytest.mark.long),
    pytest.param("bzImage", 4, 256, marks=pytest.mark.first("4.17")),
    pytest.param("bzImage", 1, 3072, marks=pytest.mark.first("4.20")),
])
def test_pvh(host, kernel, vcpus, mib):
    """A PVH domain with disk and network: it connects to dom0, or dom0 to it."""
    settings = config("pvh", kernel, vcpus, mib)
    with Life(host, f"pvh-{kernel}-{vcpus}-{mib}", settings, listens=kernel == "bzImage").running() as domain:
        models = device_models(host)
        domain.end()
    check_basics(domain, domain.settings, "PVH")
    check_memory(domain.facts, mib)
    assert int(domain.facts["loader"]) >> 4 == XEN_LOADER
    assert domain.facts["bits"] == "64"
    assert models == []


@pytest.mark.parametrize("words", [pytest.param(words, marks=pytest.mark.first(release))
                                   for words, release in zip(stripped.WAYS, ("4.17", "4.20"))])
def test_stripped(host, kernels, words, tmp_path):
    """Xen's tools find the notes of a vmlinux that packagers have stripped."""
    stripped.strip(words, kernels / "x86_64/vmlinux", tmp_path / "vmlinux")
    host.put("/tmp/stripped", (tmp_path / "vmlinux").read_bytes())
    settings = {**config("pvh", "vmlinux", 1, 256), "kernel": "/tmp/stripped"}
    check_basics(boot(host, "stripped", settings), settings, "PVH")
    host.run("rm /tmp/stripped")


def test_pv(host):
    """The same kernel as a PV domain."""
    settings = config("pv", "vmlinux", 2, 256)
    domain = boot(host, "pv", settings)
    check_basics(domain, settings, "PV")
    assert domain.device_models == []
