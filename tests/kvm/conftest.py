# SPDX-License-Identifier: GPL-2.0
"""pytest's set-up for real KVM: one emulated host serves all tests."""

import subprocess

import pytest

import instrumented
import kvmhost
import qemu


@pytest.fixture(scope="session")
def payload(request, kernel, base, initrd, kexec_initrd):
    """What the host has, by name."""
    kernels = {"vmlinux": kernel("x86_64"), "bzImage": kernel("x86_64", "arch/x86/boot/bzImage")}
    if request.config.getoption("long"):
        kernels |= {"base": base("x86_64"), "vmlinux-cloud": kernel("debian-cloud"), "base-cloud": base("debian-cloud"),
                    **{name: kernel(name) for name in instrumented.KERNELS}}
    initrds = {"initrd": initrd("initrd-x86_64").read_bytes(), "initrd-kexec": kexec_initrd.read_bytes()}
    return {name: path.read_bytes() for name, path in kernels.items()} | initrds


@pytest.fixture(scope="session")
def running(payload, tmp_path_factory):
    """The emulated machine, which runs from its first use to the end of the tests."""
    subprocess.run([qemu.ROOT / "tests/rig/kvm/build-host"], check=True, timeout=1200)
    found = kvmhost.KvmHost(tmp_path_factory.mktemp("kvm"), payload)
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def host(running):
    """A running host: started anew if the last test left none that answers."""
    return running.revive()
