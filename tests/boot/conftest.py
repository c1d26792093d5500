# SPDX-License-Identifier: GPL-2.0
"""What the boot tests share: the initrds, also the one that starts another kernel, and QEMU's version."""

import subprocess

import pytest

import newc
import qemu


@pytest.fixture(scope="session")
def initrd():
    """initrd(NAME): an initrd that tests/rig/guest/build made."""
    def find(name):
        path = qemu.GUEST / f"{name}.cpio.gz"
        assert path.is_file(), f"{path} does not exist: run tests/rig/guest/build"
        return path
    return find


@pytest.fixture(scope="session")
def kexec_initrd(kernel, initrd, tmp_path_factory):
    """An initrd with kexec-tools, and the kernel that is to be started by them."""
    path = tmp_path_factory.mktemp("kexec") / "initrd.cpio.gz"
    image = kernel("x86_64", "arch/x86/boot/bzImage").read_bytes()
    added = newc.archive({"kexec/kernel": (0o644, image)})
    path.write_bytes(initrd("kexec-x86_64").read_bytes() + newc.compress(added))
    return path


def qemu_version():
    """QEMU's version, for the header of the test run."""
    output = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True)
    return output.stdout.split("\n")[0]


def pytest_report_header(config):
    return qemu_version()
