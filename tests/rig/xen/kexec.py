# SPDX-License-Identifier: GPL-2.0
"""A domain under load that starts other kernels, one after the other: by kexec, or after a panic.

Every one of them takes up the load where the one before it was stopped: the disk with what that one wrote last, a new
connection, all CPUs. See tests/rig/guest/kexec.c.
"""

import re

import domu
import qemu
from life import Life

# Room for the kernel that is started, for its initrd and for the load; and for a crash kernel beside it.
MIB, CRASH_MIB = 128, 96
# What tests/rig/guest/life.c counts its answers from.
ANSWERS = 1000
# The messages of a panic that the test has asked for, up to the first ones of the next kernel.
PANIC = re.compile(r"sysrq: Trigger a crash.*?(?=\n\[    0\.)", re.S)


def settings(host, how, vcpus, words="", kernel="vmlinux", second="bzImage", mib=MIB, **more):
    """xl's configuration: how is kexec_load, kexec_file, kdump or kdump_load; second is the kernel that is started.

    mib does not count what is reserved for a crash kernel.
    """
    crash, reserved = (f" crashkernel={CRASH_MIB}M", CRASH_MIB) if how.startswith("kdump") else ("", 0)
    return domu.config("pvh", kernel, vcpus, mib + reserved, ramdisk=initrd(host, second), on_soft_reset="preserve",
                       extra=f"{domu.HVC}{crash} pvh.then={how}{words}", **more)


def initrd(host, kernel):
    """dom0's path of an initrd with kexec-tools and the kernel that they are to load."""
    host.run(f"mkdir -p /tmp/{kernel}/kexec && cd /tmp/{kernel} && ln -sf /payload/{kernel} kexec/kernel && "
             "[ -f initrd ] || { find kexec | cpio -o -L -H newc; cat /payload/initrd-kexec; } >initrd")
    return f"/tmp/{kernel}/initrd"


class Kernels(Life):
    """Such a domain, with the number of kernels that are to follow the first one."""

    def __init__(self, host, name, config, follow=1, **more):
        again = " retain_initrd" if follow > 1 else ""
        super().__init__(host, name, {**config, "extra": f"{config['extra']}{again} pvh.kexecs={follow}"}, **more)
        self.follow, self.asked = follow, ANSWERS * follow

    def next_kernel(self, limit=300, meanwhile="true"):
        """Has it start the next one while its load runs; returns when that one's load goes on, and all CPUs are whole.

        meanwhile is what dom0 does after it was told.
        """
        self.follow -= 1
        self.stream = f"{self.directory}/stream-{self.follow}.log"
        self.host.run(f"setsid /payload/stream {self.port} >{self.stream} 2>&1 &")
        self.ask("end")
        self.host.run(meanwhile, 120)
        self.asked, self.tty = ANSWERS * self.follow, None
        self._answer(limit)
        return self.settle()

    def report(self, console):
        """What the last kernel's init reported; what the first one's did is in first."""
        reports = qemu.parse(console)
        self.first = reports[0]
        return reports[-1]

    def complaints(self, console):
        """The lines that say that something is wrong, but for a panic that was asked for."""
        return domu.alarms(PANIC.sub("", console))
