# SPDX-License-Identifier: GPL-2.0
"""A kernel with the configuration of Debian's cloud kernel, as a PVH domain: what users boot, with its options and size."""

import pytest

from domu import ACPI, boot, check_basics, check_memory, config

pytestmark = pytest.mark.long

MIB = 512
# What such a kernel keeps of the memory for itself, in MiB.
OWN_MIB = 80


@pytest.mark.parametrize("vcpus", [1, 4])
@pytest.mark.parametrize("acpi", ["acpi", "off"])
def test_cloud(host, acpi, vcpus):
    """The domain comes up with all of its vCPUs and its memory, keeps time, and its kernel complains of nothing."""
    settings = config("pvh", "bzImage-cloud", vcpus, MIB)
    settings["extra"] += ACPI[acpi][1]
    domain = boot(host, f"cloud-{acpi}-{vcpus}", settings, limit=600)
    check_basics(domain, settings, "PVH")
    check_memory(domain.facts, MIB, OWN_MIB)
    assert domain.facts["acpi"] == {"acpi": "yes", "off": "no"}[acpi]
