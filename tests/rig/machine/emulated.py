# SPDX-License-Identifier: GPL-2.0
"""Runs an emulated machine that is a host of virtual machines, and commands in it.

The machine is QEMU without hardware help, so it needs no right and no hypervisor of the computer that
runs it. The host's kernel writes to the first serial port, which is kept in a file; commands go through the
second one, where nobody else writes.
"""

import base64
import gzip
import os
import pathlib
import shlex
import time

import pexpect

import newc
import qemu

# The emulator: what QEMU= names, or the one with fixes, if tests/rig/xen/build-qemu has built it, or the system's.
FIXED = qemu.BUILD / "xen" / "qemu" / "qemu-system-x86_64"
QEMU = os.environ.get("QEMU") or (str(FIXED) if FIXED.exists() else "qemu-system-x86_64")
BOOT_LIMIT = 240
# What one of the host's seconds takes at most, in seconds, when the emulated machine has no idle time.
SLOWNESS = 10
TAIL_LINES = 40

# Time passes by instructions, so a busy computer makes nothing in the emulated machine late: otherwise
# timers of several virtual processors can take all the time there is. sleep=off: waiting takes none.
# shift=0: an instruction takes a nanosecond. With two, the ticks of 64 vCPUs leave time for nothing else.
INSTRUCTION_CLOCK = ["-icount", "shift=0,sleep=off"]
# The second serial port of a machine that a program controls.
COMMANDS = ["chardev:stdio", "-chardev", "stdio,id=stdio,signal=off", *INSTRUCTION_CLOCK]


class HostError(Exception):
    """A command of the host failed or took too long; the message carries what is needed to find out why."""


class SilentError(HostError):
    """The shell does not answer any more: nothing that happens in this emulated machine can be seen from now on."""


def tail(text, lines=TAIL_LINES):
    """The last lines, indented, for a failure's message."""
    return "\n".join("    " + line.rstrip() for line in text.splitlines()[-lines:])


class Host:
    """One emulated machine. payload maps names to bytes: the host finds them under /payload.

    name: in messages, and with hyphens in names of files; shell: the system that runs the shell and writes
    "SHELL-ready"; archive: the host's initramfs without the payload. Subclasses define command().
    """

    def __init__(self, name, shell, archive, directory, payload):
        self.name, self.shell = name, shell
        files = name.lower().replace(" ", "-")
        self.archive = archive
        self.console = qemu.BUILD / "log" / f"{files}-console.log"
        self.initrd = pathlib.Path(directory) / f"{files}-initrd.cpio"
        self.payload = payload
        self.count = 0
        self.qemu = None
        self.silent = False

    def machine(self, memory, commands, cpus=2):
        """The emulator's command line: processors with SVM, MiB of memory, no network, two serial ports."""
        return [QEMU, "-accel", "tcg", "-cpu", "qemu64,+svm,+npt", "-smp", str(cpus), "-m", str(memory), "-nic", "none",
                "-display", "none", "-monitor", "none", "-no-reboot", "-serial", f"file:{self.console}",
                "-serial", *commands]

    def command(self):
        """machine(), and what it is to boot."""
        raise NotImplementedError

    def pack(self):
        """Writes the host's initramfs with the payload."""
        archive = newc.archive({f"payload/{name}": (0o755, data) for name, data in self.payload.items()})
        self.initrd.write_bytes(self.archive.read_bytes() + archive)
        self.console.parent.mkdir(parents=True, exist_ok=True)
        self.console.write_bytes(b"")

    def start(self):
        """Boots the machine; returns the seconds until its shell was there."""
        self.silent = True
        self.pack()
        begin = time.monotonic()
        program, *arguments = self.command()
        self.qemu = pexpect.spawn(program, arguments, echo=False, encoding="utf-8", codec_errors="replace")
        if self.qemu.expect([f"{self.shell}-ready", pexpect.TIMEOUT, pexpect.EOF], timeout=BOOT_LIMIT):
            raise SilentError(self.explain(f"{self.name}: {self.shell} did not come up in {BOOT_LIMIT} s\n"
                                           f"{tail(self.qemu.before or '')}"))
        self.silent = False
        return time.monotonic() - begin

    def revive(self):
        """Starts the machine anew if its shell does not answer; returns it."""
        if self.silent or not self.qemu:
            self.stop()
            print(f"{self.name}: {self.shell} answered after {self.start():.0f} s")
        return self

    def stop(self):
        """Ends the machine, whatever state it is in."""
        if self.qemu:
            self.qemu.close(force=True)
        self.initrd.unlink(missing_ok=True)

    def run(self, command, limit=30, check=True):
        """Runs a shell command in the host; returns its output, or (status, output) with check=False.

        Its limit is in the host's seconds, which take longer the busier the emulated machine is.
        """
        if self.silent:
            raise SilentError(f"{self.name}: {self.shell} does not answer, so this was not run: {command}")
        self.count += 1
        marker = f"@{self.count}:"
        # The marker is put together by the host, so that no echo of the command can be taken for it.
        self.qemu.sendline(f"timeout {limit} sh -c {shlex.quote(command)} </dev/null 2>&1; "
                           f"echo '\n@'{self.count}:$?:")
        if self.qemu.expect([marker + r"(\d+):", pexpect.TIMEOUT, pexpect.EOF], timeout=limit * SLOWNESS + 30):
            self.silent = True
            said = tail(self.qemu.before or "")
            raise SilentError(self.explain(f"{self.name}: {self.shell} does not answer to: {command}\n{said}"))
        status, output = int(self.qemu.match[1]), self.qemu.before.replace("\r", "").strip()
        if not check:
            return status, output
        if status:
            raise HostError(self.explain(f"{self.name}: status {status} of: {command}\n{tail(output)}"))
        return output

    def feed(self, data, command):
        """Runs a shell command with these bytes as its input, packed on their way; returns its output."""
        packed = base64.encodebytes(gzip.compress(data)).decode()
        return self.run(f"base64 -d <<'END' | gunzip -c | {command}\n{packed}END")

    def explain(self, message):
        """The message, and the end of what the host's kernel said."""
        return f"{message}\nend of {self.console}:\n{tail(self.console.read_text(errors='replace'))}"
