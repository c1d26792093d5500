# SPDX-License-Identifier: GPL-2.0
"""pytest's set-up for real Xen: one emulated host per release serves all tests of that release."""

import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True
pytest.register_assert_rewrite("domu")
import payload  # noqa: E402 (lies here)
import xenhost  # noqa: E402 (lies here)

RELEASES = ["4.17", "4.20"]


def pytest_addoption(parser):
    """The releases to test, and where the kernels under test are."""
    parser.addoption("--release", action="append", choices=RELEASES, help="Xen release (default: all)")
    parser.addoption("--kernels", type=pathlib.Path, default=payload.KERNEL_DIR,
                     help="directory with x86_64 and i386-pae (default: $KERNEL_DIR or build/kernel/series)")


def pytest_generate_tests(metafunc):
    """Every test that uses a host runs on every release."""
    if "host" in metafunc.fixturenames:
        releases = metafunc.config.getoption("release") or RELEASES
        metafunc.parametrize("host", releases, indirect=True, scope="session")


@pytest.fixture(scope="session")
def host(request, tmp_path_factory):
    """A running host of the release, built before if it has to be."""
    directory = tmp_path_factory.mktemp(f"xen-{request.param}")
    subprocess.run([HERE / "host", request.param], check=True, timeout=1200)
    try:
        files = payload.files(request.config.getoption("kernels"), directory)
    except payload.MissingError as error:
        pytest.fail(str(error), pytrace=False)
    machine = xenhost.XenHost(request.param, directory, files)
    try:
        print(f"Xen {request.param}: dom0 answered after {machine.start():.0f} s")
        yield machine
    finally:
        machine.stop()
