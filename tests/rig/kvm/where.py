#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Shows where a kernel makes VM exits, as a guest of real KVM: tests/rig/kvm/where.py VMLINUX [MACHINE]

MACHINE is one of those of counts.py. A table by reason and function, and all accesses to ports and MSRs.
"""

import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[1:1] = [str(HERE.parent / name) for name in ("machine", "guest")]
import counts  # noqa: E402 (lies here)
import emulated  # noqa: E402 (in tests/rig/machine)
import kvmhost  # noqa: E402 (lies here)
import qemu  # noqa: E402 (in tests/rig/machine)


def rows(found, system_map):
    """(count, kind, what, where) of all that was counted."""
    for (reason, function), number in found.by_symbol(system_map).most_common():
        yield number, "exit", reason, function
    for kind, numbers in (("port", found.ports), ("MSR", found.msrs)):
        for (value, written), number in numbers.most_common():
            yield number, kind, f"{value:#x}", "written" if written else "read"


def main():
    """Runs one guest in a host of its own."""
    if len(sys.argv) < 2:
        sys.exit(__doc__.split("\n")[0])
    vmlinux, machine = pathlib.Path(sys.argv[1]), (sys.argv[2:] or ["microvm"])[0]
    initrd = (qemu.GUEST / "initrd-x86_64.cpio.gz").read_bytes()
    with tempfile.TemporaryDirectory() as directory:
        host = kvmhost.KvmHost(directory, {"vmlinux": vmlinux.read_bytes(), "initrd": initrd})
        try:
            host.start()
            _, found = counts.count(host, "vmlinux", machine, counts.LOCATED)
        finally:
            host.stop()
    for number, *words in rows(found, vmlinux.with_name("System.map")):
        print(f"{number:8,} {words[0]:4} {words[1]:14} {words[2]}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, KeyError, qemu.GuestError, emulated.HostError) as error:
        sys.exit(f"tests/rig/kvm/where.py: {error}")
