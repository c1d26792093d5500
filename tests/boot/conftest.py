# SPDX-License-Identifier: GPL-2.0
"""QEMU's version."""

import subprocess


def qemu_version():
    """QEMU's version, for the header of the test run."""
    output = subprocess.run(["qemu-system-x86_64", "--version"], capture_output=True, text=True, check=True)
    return output.stdout.split("\n")[0]


def pytest_report_header(config):
    return qemu_version()
