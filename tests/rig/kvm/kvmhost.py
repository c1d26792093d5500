# SPDX-License-Identifier: GPL-2.0
"""Runs an emulated machine with Linux and real KVM, and guests in it."""

import base64
import gzip
import shlex

import emulated
import qemu

FILES = qemu.BUILD / "kvm"
MEMORY_MIB = 3072
# Without polling: it takes instructions, which are the time of the emulated machine.
ARGUMENTS = "console=ttyS0 quiet loglevel=4 kvm.halt_poll_ns=0"
CONSOLE, DEBUGCON = "/tmp/console", "/tmp/debugcon"
# The status of a guest that timeout has ended.
KILLED = 137


class KvmHost(emulated.Host):
    """One emulated machine. payload maps names to bytes: the host finds them under /payload."""

    def __init__(self, directory, payload):
        super().__init__("KVM", "host", FILES / "host.cpio", directory, payload)

    def command(self):
        """The emulated machine. By the clock of instructions, a second CPU of Linux does not start."""
        return [*self.machine(MEMORY_MIB, emulated.COMMANDS, cpus=1),
                "-kernel", f"{FILES}/vmlinuz", "-append", ARGUMENTS, "-initrd", str(self.initrd)]

    def read(self, path):
        """The text of a file, packed on its way; none if there is no file."""
        packed = self.run(f"[ ! -e {path} ] || gzip -c {path} | base64")
        return gzip.decompress(base64.b64decode(packed)).decode(errors="replace") if packed else ""


class Guest(qemu.Qemu):
    """A guest of the host, by KVM. kernel and initrd are names of the host's payload; limit is in its seconds."""

    def __init__(self, host, kernel, machine="microvm", cpus=1, memory="256M", initrd="initrd", append=None, extra=(),
                 limit=10, **more):
        super().__init__(f"/payload/{kernel}", machine, cpus, memory, initrd and f"/payload/{initrd}", append,
                         ["-cpu", "host", *extra], limit, accel="kvm", **more)
        self.host = host

    def run(self, reports=1):
        """Runs the guest until it ends by itself; returns its reports."""
        self.host.run(f"rm -f {CONSOLE} {DEBUGCON}")
        command = shlex.join(self.command(DEBUGCON))
        command = f"timeout -s KILL {self.limit} {command} >{CONSOLE} 2>&1"
        self.status, _ = self.host.run(command, self.limit + 30, check=False)
        self.console, self.debugcon = self.host.read(CONSOLE), self.host.read(DEBUGCON)
        if self.status == KILLED:
            raise self.failure(f"not done within {self.limit} s of the host")
        return self.result(reports)
