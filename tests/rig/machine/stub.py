# SPDX-License-Identifier: GPL-2.0
"""What the stub's source says: the words of its messages."""

import re

from qemu import ROOT

SOURCE = ROOT / "arch/x86/xen/xen-pvh"


def messages():
    """{name, without PVH_: words} of each message."""
    text = (SOURCE / "entry.S").read_text()
    return dict(re.findall(r'^\t(?:pvh_)?message\s+PVH_(\w+),\s+"(.+)"$', text, re.M))


def codes():
    """The names, without PVH_, of all that ends a boot."""
    return set(re.findall(r"^#define PVH_(\w+)\s+\d+$", (SOURCE / "pvh.h").read_text(), re.M))
