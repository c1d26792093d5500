# SPDX-License-Identifier: GPL-2.0
"""pytest's set-up for real Xen: one emulated host per release serves all tests of that release."""

import pathlib
import subprocess
import sys

import pytest

import payload
import qemu
import xenhost

RELEASES = ["4.17", "4.20"]


def pytest_addoption(parser):
    """The releases to test, and where the kernels under test are."""
    parser.addoption("--release", action="append", choices=RELEASES, help="Xen release (default: all)")
    parser.addoption("--kernels", type=pathlib.Path, default=payload.KERNEL_DIR,
                     help="directory with x86_64 and i386-pae (default: $KERNEL_DIR or build/kernel/series)")


def pytest_generate_tests(metafunc):
    """Every test that uses Xen runs on every release."""
    if "release" in metafunc.fixturenames:
        releases = metafunc.config.getoption("release") or RELEASES
        metafunc.parametrize("release", releases, scope="session")


@pytest.fixture(scope="session")
def kernels(request):
    """Where the kernels under test are."""
    return request.config.getoption("kernels")


@pytest.fixture(scope="session")
def xen_files(release):
    """Where the release's hypervisor and its dom0 are, built before if they have to be."""
    subprocess.run([qemu.ROOT / "tests/rig/xen/build-host", release], check=True, timeout=1200)
    return xenhost.files(release)


@pytest.fixture(scope="session")
def machine(release, xen_files, kernels, request, tmp_path_factory):
    """The emulated machine of the release, which runs from its first use to the end of the tests."""
    directory = tmp_path_factory.mktemp(f"xen-{release}")
    names = [*payload.KERNELS, *payload.INITRDS, *(payload.LONG_KERNELS if request.config.getoption("long") else ())]
    found = xenhost.XenHost(release, directory, payload.files(kernels, directory, names))
    try:
        yield found
    finally:
        found.stop()


@pytest.fixture
def host(machine):
    """A running host of the release: started anew if the last test left none whose dom0 answers."""
    return machine.revive()


def pytest_runtest_logreport(report):
    """Tells why a test failed when it does: who ends the run at a time limit would otherwise never know."""
    if report.outcome in ("failed", "rerun"):
        print(f"\n{report.nodeid} ({report.when}):\n{report.longreprtext}", file=sys.__stdout__, flush=True)
