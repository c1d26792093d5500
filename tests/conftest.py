# SPDX-License-Identifier: GPL-2.0
"""What all families of tests share, with the short and the long runs. pytest.ini says where their modules are."""

import os
import pathlib
import sys

import pytest

import newc
import qemu

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
KERNELS = pathlib.Path(os.environ.get("KERNEL_DIR") or qemu.BUILD / "kernel/series")
# The kernels that only the long runs build.
LONG_KERNELS = {words[0] for words in map(str.split, (HERE / "rig/configs/kernels").read_text().splitlines())
                if words[4:5] == ["long"]}
# Modules of the rig with assertions of their own.
pytest.register_assert_rewrite("domu", "life")


def pytest_addoption(parser):
    """The tier."""
    parser.addoption("--long", action="store_true", help="run the tests that take long, and only these")


def takes_long(item):
    """Whether a test runs with --long only, on its release of Xen if it has one, and with its kernel."""
    first = item.get_closest_marker("first")
    params = item.callspec.params if hasattr(item, "callspec") else {}
    kernels = [getattr(value, "kernel", value) for value in params.values()]
    return bool(item.get_closest_marker("long") or first and params["release"] not in first.args
                or any(kernel in LONG_KERNELS for kernel in kernels if isinstance(kernel, str)))


def pytest_collection_modifyitems(config, items):
    """Either the tests that take long, or the others."""
    chosen = [item for item in items if takes_long(item) == config.getoption("long")]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture(scope="session")
def kernel():
    """kernel(NAME, FILE): a file of a test kernel; one that is missing is a failure, never a skip.

    KERNEL_DIR names another directory with one kernel output directory a test kernel.
    """
    def find(name, file="vmlinux"):
        path = KERNELS / name / file
        assert path.is_file(), f"{path} does not exist: build it with scripts/kernel {name}"
        return path
    return find


@pytest.fixture(scope="session")
def base():
    """base(NAME): the vmlinux of mainline, beside the directory with the test kernels."""
    def find(name):
        path = KERNELS.parent / "base" / name / "vmlinux"
        assert path.is_file(), f"{path} does not exist: run scripts/kernel {name} base"
        return path
    return find


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
