# SPDX-License-Identifier: GPL-2.0
"""Without ACPI, the code of Xen's guests compiles. make long builds all of such a kernel, and boots it."""

import shutil

import qemu
from test_isolation import make

OUT = qemu.BUILD / "noacpi"
FRAGMENT = qemu.ROOT / "tests/rig/configs/noacpi.config"
DIRECTORIES = ["arch/x86/xen/", "arch/x86/xen/xen-pvh/", "drivers/xen/"]
CC = "CC=ccache gcc"


def test_compiles(kernel):
    OUT.mkdir(parents=True, exist_ok=True)
    config = OUT / ".config"
    shutil.copy(kernel("x86_64", ".config"), config)
    with config.open("a") as file:
        file.write(FRAGMENT.read_text())
    for words in (["-s", "olddefconfig"], ["-j2", "prepare"], ["-j2", *DIRECTORIES]):
        status, output = make(OUT, [CC], *words)
        assert status == 0, output[-4000:]
    lines = config.read_text().splitlines()
    assert "# CONFIG_ACPI is not set" in lines and "CONFIG_XEN_PVH=y" in lines
    assert (OUT / "arch/x86/xen/xen-pvh/built-in.a").exists()
