# SPDX-License-Identifier: GPL-2.0
"""Without ACPI, the code of Xen's guests compiles, and without Xen the rest does. make long builds and boots all of it."""

import shutil

import pytest

import qemu
from test_isolation import make

OUT = qemu.BUILD / "without"
NOACPI = (qemu.ROOT / "tests/rig/configs/noacpi.config").read_text()
STUB = "arch/x86/xen/xen-pvh/"
XEN = ["arch/x86/xen/", STUB, "drivers/xen/"]
# What the series changes outside of Xen's directories.
NATIVE = [STUB, *(f"arch/x86/kernel/{name}.o" for name in (
    "setup", "cpu/hypervisor", "cpu/topology", "smpboot", "apic/apic", "apic/io_apic", "i8253", "reboot", "rtc", "tsc"))]
CC = "CC=ccache gcc"


@pytest.mark.parametrize("words,options,targets", [
    pytest.param(NOACPI, {"ACPI": "n", "XEN_PVH": "y"}, XEN, id="acpi"),
    pytest.param(NOACPI + "# CONFIG_XEN is not set\n", {"ACPI": "n", "PVH": "y", "XEN": "n"}, NATIVE, id="acpi-xen")])
def test_without(words, options, targets, kernel):
    OUT.mkdir(parents=True, exist_ok=True)
    config = OUT / ".config"
    shutil.copy(kernel("x86_64", ".config"), config)
    (OUT / STUB / "built-in.a").unlink(missing_ok=True)
    with config.open("a") as file:
        file.write(words)
    for step in (["-s", "olddefconfig"], ["-j2", "prepare"], ["-j2", *targets]):
        status, output = make(OUT, [CC], *step)
        assert status == 0, output[-4000:]
    lines = config.read_text().splitlines()
    for name, value in options.items():
        assert (f"CONFIG_{name}=y" in lines) == (value == "y")
    assert (OUT / STUB / "built-in.a").exists()
