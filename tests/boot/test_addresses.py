# SPDX-License-Identifier: GPL-2.0
"""What depends on the kernel's addresses works with KASLR: modules, kprobes, tracers, hibernation."""

import pathlib
import shutil
import subprocess

import pytest

import figures
import newc
import qemu
from test_kaslr import ICOUNT, MIB

pytestmark = pytest.mark.long
KERNEL = "x86_64-tools"
SCRIPT = pathlib.Path(qemu.ROOT / "tests/rig/guest/addresses.sh")
APPEND = "console=ttyS0 panic=-1 rdinit=/addresses.sh"
# Tests that the kernel's tracers do of themselves.
TRACERS = 5
MODULES = range(0xffffffffc0000000, 0xffffffffff000000)


@pytest.fixture(scope="module")
def archive(kernel, tmp_path_factory):
    """An initrd of addresses.sh, busybox and a module."""
    files = {"addresses.sh": SCRIPT, "bin/busybox": pathlib.Path(shutil.which("busybox")),
             "kprobe_example.ko": kernel(KERNEL, "samples/kprobes/kprobe_example.ko")}
    path = tmp_path_factory.mktemp("addresses") / "initrd.cpio.gz"
    path.write_bytes(newc.compress(newc.archive(
        {name: (0o755, file.read_bytes()) for name, file in files.items()}, [("dev/console", 5, 1)])))
    return path


def boot(kernel, archive, what, seed="1", words="", extra=()):
    """Runs a guest until it ends; returns what it has reported, and how far its kernel was moved."""
    guest = qemu.Qemu(kernel(KERNEL), "q35", 1, "256M", archive, f"{APPEND}{words} -- {what}",
                      [*ICOUNT, "-cpu", "max", "-seed", seed, *extra], limit=180)
    report = {key: value for part in guest.run(until_exit=True) for key, value in part.items()}
    return report, int(report.get("text", "0"), 16) - figures.symbols(kernel(KERNEL))["_text"]


def test_modules_and_probes(kernel, archive):
    """A module is loaded into its area; its kprobe hits where /proc/kallsyms has the function."""
    report, offset = boot(kernel, archive, "module")
    assert offset and int(report["module"], 16) in MODULES
    # The function begins with ENDBR64 and a call of the tracer.
    assert 0 <= int(report["hit"], 16) - int(report["probed"], 16) <= 16
    assert int(report["tracers"]) >= TRACERS


def test_hibernation(kernel, archive, tmp_path):
    """A kernel is resumed by one at another address."""
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(512 * MIB)
    subprocess.run(["/sbin/mkswap", disk], check=True, capture_output=True)
    device = ["-drive", f"file={disk},format=raw,if=none,id=disk", "-device", "virtio-blk-pci,drive=disk"]
    _, resuming = boot(kernel, archive, "true", "2", " resume=/dev/vda", device)
    first, suspended = boot(kernel, archive, "hibernate", "1", "", device)
    assert suspended != resuming and "resumed" not in first
    second, _ = boot(kernel, archive, "true", "2", " resume=/dev/vda", device)
    assert second == {"resumed": first["text"]}
