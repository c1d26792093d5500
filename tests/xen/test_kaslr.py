# SPDX-License-Identifier: GPL-2.0
"""KASLR of PVH domains: the base differs between boots, for vmlinux and bzImage."""

import pytest

import figures
import grub
import payload
from domu import HVC, boot, config

ALIGNMENT = 2 << 20
# Number of domains started one after another. All of them must boot.
MANY = 50


def offset(host, kernels, kernel, name, extra=""):
    """How far the kernel of a domain has been moved; "grub" is a bzImage that GRUB starts by its native entry."""
    if kernel == "grub":
        settings, kernel = grub.settings(host, name, "", 2, 256, HVC + extra), "bzImage"
    else:
        settings = config("pvh", kernel, 2, 256, extra=HVC + extra)
    domain = boot(host, name, settings)
    # The image of GRUB would stay in the memory of dom0.
    host.run(f"rm -f /tmp/{name}*")
    vmlinux = kernels / payload.KERNELS[kernel].partition("/")[0] / "vmlinux"
    return int(domain.facts["text"], 16) - figures.symbols(vmlinux)["_text"]


@pytest.mark.parametrize("kernel", [pytest.param("vmlinux", marks=pytest.mark.first("4.17")),
                                    pytest.param("bzImage", marks=pytest.mark.first("4.20")),
                                    pytest.param("vmlinux-noacpi", marks=pytest.mark.long)])
def test_bases(host, kernels, kernel):
    """At least two of three domains have different bases. Two have the same by chance in 1 of 500 cases."""
    found = [offset(host, kernels, kernel, f"kaslr-{kernel}-{index}") for index in range(2)]
    if found[0] == found[1]:
        found.append(offset(host, kernels, kernel, f"kaslr-{kernel}-2"))
    assert len(set(found)) > 1 and all(at >= 0 and at % ALIGNMENT == 0 for at in found), found


@pytest.mark.first("4.20")
def test_nokaslr(host, kernels):
    assert offset(host, kernels, "bzImage", "nokaslr", " nokaslr") == 0


@pytest.mark.long
@pytest.mark.parametrize("kernel", ["vmlinux", "grub"])
def test_many(host, kernels, kernel):
    """At least 80 % of the domains have different bases, by the stub and by the decompressor."""
    found = [offset(host, kernels, kernel, f"kaslr-many-{kernel}-{index}") for index in range(MANY)]
    assert len(set(found)) >= MANY * 4 // 5, found
