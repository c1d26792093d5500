#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Boots one kernel as a PVH domain of an emulated Xen host: tests/rig/xen/step.py VMLINUX [RELEASE [VCPUS]]

What scripts/steps asks of the kernel after each patch: the domain comes up with all of its vCPUs, keeps time, and its
kernel complains of nothing.
"""

import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[1:1] = [str(pathlib.Path(__file__).resolve().parent.parent / name) for name in ("machine", "guest")]
import domu  # noqa: E402 (lies here)
import exits  # noqa: E402 (lies here)
import payload  # noqa: E402 (lies here)
import qemu  # noqa: E402 (in tests/rig/machine)
import xenhost  # noqa: E402 (lies here)


def main(vmlinux, release="4.20", vcpus="2"):
    """The domain's report is checked as that of any other."""
    settings = domu.config("pvh", "vmlinux", int(vcpus), exits.MIB)
    with tempfile.TemporaryDirectory() as directory:
        initrd = (qemu.GUEST / payload.INITRDS["initrd"]).read_bytes()
        host = xenhost.XenHost(release, directory, {"vmlinux": pathlib.Path(vmlinux).read_bytes(), "initrd": initrd})
        try:
            host.start()
            domu.check_basics(domu.boot(host, "step", settings), settings, "PVH")
        finally:
            host.stop()


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (AssertionError, OSError, qemu.GuestError, xenhost.HostError) as error:
        sys.exit(f"tests/rig/xen/step.py: {error}")
