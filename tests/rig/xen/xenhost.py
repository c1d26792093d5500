# SPDX-License-Identifier: GPL-2.0
"""Runs an emulated machine with real Xen and a stock dom0, and domains in it.

The machine is QEMU without hardware help, so it needs no right and no hypervisor of the computer that
runs it. Xen and the kernels write to the first serial port, which is kept in a file; commands for dom0
go through the second one, where nobody else writes.
"""

import base64
import gzip
import os
import pathlib
import re
import shlex
import struct
import time

import pexpect

import newc
import qemu

# The emulator: what QEMU= names, or the one with fixes, if tests/rig/xen/build-qemu has built it, or else the machine's own.
FIXED = qemu.BUILD / "xen" / "qemu" / "qemu-system-x86_64"
QEMU = os.environ.get("QEMU") or (str(FIXED) if FIXED.exists() else "qemu-system-x86_64")
MEMORY_MIB, DISK_MIB = 5120, 256
BOOT_LIMIT = 240
# What one of dom0's seconds takes at most, in seconds, when the emulated machine has no idle time.
SLOWNESS = 10
TAIL_LINES = 40
XEN_ARGUMENTS = ("loglvl=all guest_loglvl=all com1=115200,8n1 console=com1 bootscrub=0 "
                 "dom0_mem=1024M,max:1024M dom0_max_vcpus=1")

# Time passes by instructions, so a busy computer makes nothing in the emulated machine late: otherwise
# timers of several virtual processors can take all the time there is. sleep=off: waiting takes none.
# shift=0: an instruction takes a nanosecond. With two, the ticks of 64 vCPUs leave time for nothing else.
INSTRUCTION_CLOCK = ["-icount", "shift=0,sleep=off"]


class HostError(Exception):
    """A command of dom0 failed or took too long; the message carries what is needed to find out why."""


class SilentError(HostError):
    """dom0 does not answer any more: nothing that happens in this emulated machine can be seen from now on."""


def pattern(seed, size):
    """The bytes that tests/rig/guest/pattern.h makes of the same seed."""
    words, x = [], seed
    for _ in range(size // 4):
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        words.append(x)
    return struct.pack(f"<{len(words)}I", *words)


def files(release):
    """The directory with what the machines of a release boot, which tests/rig/xen/build-host makes."""
    return qemu.BUILD / "xen" / release


def tail(text, lines=TAIL_LINES):
    """The last lines, indented, for a failure's message."""
    return "\n".join("    " + line.rstrip() for line in text.splitlines()[-lines:])


class XenHost:
    """One emulated machine. payload maps names to bytes: dom0 finds them under /payload."""

    def __init__(self, release, directory, payload):
        self.release = release
        self.files = files(release)
        self.console = qemu.BUILD / "log" / f"xen-{release}-console.log"
        self.initrd = pathlib.Path(directory) / f"xen-{release}-initrd.cpio"
        # dom0 writes large files to this disk: the emulated serial port is slow.
        self.disk = pathlib.Path(directory) / f"xen-{release}-disk.img"
        self.payload = payload
        self.count = 0
        self.qemu = None
        self.silent = False

    def pack(self):
        """Writes dom0's initramfs with the payload."""
        archive = newc.archive({f"payload/{name}": (0o755, data) for name, data in self.payload.items()})
        self.initrd.write_bytes((self.files / "host.cpio").read_bytes() + archive)
        self.console.write_bytes(b"")
        with self.disk.open("wb") as disk:
            disk.truncate(DISK_MIB << 20)

    def command(self, dom0_arguments="", terminal=False):
        """The emulated machine: processors with SVM, a disk, no network, two serial ports."""
        commands = ["mon:stdio"] if terminal else [
            "chardev:stdio", "-chardev", "stdio,id=stdio,signal=off", *INSTRUCTION_CLOCK]
        return [QEMU, "-accel", "tcg", "-cpu", "qemu64,+svm,+npt", "-smp", "2",
                "-m", str(MEMORY_MIB), "-nic", "none", "-display", "none", "-monitor", "none", "-no-reboot",
                "-drive", f"file={self.disk},format=raw,if=ide,cache=unsafe",
                "-serial", f"file:{self.console}", "-serial", *commands,
                "-kernel", f"{self.files}/xen", "-append", XEN_ARGUMENTS,
                "-initrd", f"{self.files}/vmlinuz console=hvc0 earlyprintk=xen {dom0_arguments},{self.initrd}"]

    def start(self):
        """Boots the machine; returns the seconds until dom0's shell was there."""
        self.silent = True
        self.pack()
        begin = time.monotonic()
        program, *arguments = self.command()
        self.qemu = pexpect.spawn(program, arguments, echo=False, encoding="utf-8", codec_errors="replace")
        if self.qemu.expect(["dom0-ready", pexpect.TIMEOUT, pexpect.EOF], timeout=BOOT_LIMIT):
            raise SilentError(self.explain(f"Xen {self.release}: dom0 did not come up in {BOOT_LIMIT} s\n"
                                           f"{tail(self.qemu.before or '')}"))
        self.silent = False
        return time.monotonic() - begin

    def stop(self):
        """Ends the machine, whatever state it is in."""
        if self.qemu:
            self.qemu.close(force=True)
        self.initrd.unlink(missing_ok=True)
        self.disk.unlink(missing_ok=True)

    def run(self, command, limit=30, check=True):
        """Runs a shell command in dom0; returns its output, or (status, output) with check=False.

        Its limit is in dom0's seconds, which take longer the busier the emulated machine is.
        """
        if self.silent:
            raise SilentError(f"Xen {self.release}: dom0 does not answer, so this was not run: {command}")
        self.count += 1
        marker = f"@{self.count}:"
        # The marker is put together by dom0, so that no echo of the command can be taken for it.
        self.qemu.sendline(f"timeout {limit} sh -c {shlex.quote(command)} </dev/null 2>&1; "
                           f"echo '\n@'{self.count}:$?:")
        if self.qemu.expect([marker + r"(\d+):", pexpect.TIMEOUT, pexpect.EOF], timeout=limit * SLOWNESS + 30):
            self.silent = True
            said = tail(self.qemu.before or "")
            raise SilentError(self.explain(f"Xen {self.release}: dom0 does not answer to: {command}\n{said}"))
        status, output = int(self.qemu.match[1]), self.qemu.before.replace("\r", "").strip()
        if not check:
            return status, output
        if status:
            raise HostError(self.explain(f"Xen {self.release}: status {status} of: {command}\n{tail(output)}"))
        return output

    def fetch(self, paths):
        """The bytes of dom0's files of these names, one after the other, of those that exist."""
        size = self.run(f"cat {paths} 2>/dev/null >/tmp/fetched; [ -b /dev/sda ] && dd if=/tmp/fetched of=/dev/sda "
                        "bs=1M conv=fsync 2>/dev/null && stat -c %s /tmp/fetched && rm /tmp/fetched")
        with self.disk.open("rb") as disk:
            return disk.read(int(size))

    def read(self, paths):
        """The text of these files."""
        return self.fetch(paths).decode(errors="replace").replace("\r", "")

    def feed(self, text, command):
        """Runs a shell command with the text as its input, packed on its way; returns its output."""
        packed = base64.encodebytes(gzip.compress(text.encode())).decode()
        return self.run(f"base64 -d <<'END' | gunzip -c | {command}\n{packed}END")

    def said_by(self, domain_number):
        """The lines that a domain wrote to Xen's log."""
        return re.findall(rf"\(d{domain_number}\) (.*?)\r?$", self.console.read_text(errors="replace"), re.MULTILINE)

    def explain(self, message):
        """The message, and the end of what Xen and dom0's kernel said."""
        return f"{message}\nend of {self.console}:\n{tail(self.console.read_text(errors='replace'))}"


class Domain:
    """A domain of a host, made from xl's configuration file."""

    def __init__(self, host, name, config):
        self.host = host
        self.name = name
        # What has ended stays, so that its reason can be asked for.
        stay = {f"on_{event}": "preserve" for event in ("poweroff", "reboot", "crash")}
        text = "".join(f"{key}={value!r}\n" for key, value in {"name": name, **config, **stay}.items())
        host.run(f"cat >/tmp/{name}.cfg <<'END'\n{text}END")

    def create(self, limit=120, paused=False):
        """Starts it; xl returns when its devices are connected in dom0."""
        self._try(f"xl create {'-p' if paused else ''} /tmp/{self.name}.cfg", limit)

    def unpause(self):
        """Lets a domain that was created paused run."""
        self._try(f"xl unpause {self.name}")

    def number(self):
        """Xen's number of it."""
        return int(self._try(f"xl domid {self.name}"))

    def wait(self, limit=300):
        """Waits until it ends by itself, at most so many seconds; returns the reason as Xen numbers it.

        dom0 is asked again and again: while it answers, a domain that never ends is to blame for that itself.
        """
        reason = f"xl list -v {self.name} | awk 'NR == 2 {{ print $8 }}'"
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            ended = self._try(f'for i in 1 2 3; do r=$({reason}); [ "$r" = - ] || break; sleep 1; done; echo $r', 30)
            if ended != "-":
                return ended
        raise HostError(self.explain(f"{self.name} has not ended within {limit} s"))

    def console(self):
        """What it wrote to its console."""
        return self.host.read(f"/var/log/xen/guest-{self.name}.log")

    def report(self, console):
        """What its init reported on its console."""
        reports = qemu.parse(console)
        if len(reports) != 1:
            raise HostError(self.explain(f"{self.name} made {len(reports)} whole reports instead of one"))
        return reports[0]

    def destroy(self):
        """Removes it, and with it its hold on its disk."""
        self.host.run(f"xl destroy {self.name}", check=False)

    def _try(self, command, limit=30):
        status, output = self.host.run(command, limit, check=False)
        if status:
            raise HostError(self.explain(f"status {status} of: {command}\n{tail(output)}"))
        return output

    def explain(self, message):
        """The message, and the end of what everybody who has to do with the domain said."""
        logs = [f"guest-{self.name}.log", "xen-hotplug.log", f"qemu-dm-{self.name}.log"]
        said = [(log, self.host.read(f"/var/log/xen/{log}")) for log in logs]
        ends = "".join(f"\nend of dom0's /var/log/xen/{log}:\n{tail(text)}" for log, text in said if text)
        return self.host.explain(message) + ends
