# SPDX-License-Identifier: GPL-2.0
"""Starts guests under QEMU and reads what their init reports."""

import os
import pathlib
import re
import selectors
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("BUILD") or ROOT / "build")
GUEST = BUILD / "guest"
TAIL = 40
# What a kernel says when something is wrong with it. Console lines may lack what the guest's log has: init reports it.
# Xen's own lines, on a console that it shares with dom0, are none of the kernel's.
ALARM = re.compile(r"^(?!\(XEN\)).*(?:WARNING: |BUG: |Oops|Call Trace|unchecked MSR access|possible circular locking|"
                   r"scheduling while atomic|blocked for more than|lockup|detected stall|stalls? on CPU|I/O error|UBSAN: |"
                   r"Kernel panic).*", re.M)


# With several CPUs the clock of microvm, by the instruction clock, can jump by 20 s and more; mainline's does, too.
KNOWN = {"microvm": ("detected stalls on CPUs", "soft lockup", "Call Trace")}


class GuestError(Exception):
    """The guest did not do what it was started for; the text says what, and ends with its console."""


def parse(console):
    """The reports on a console, one dict each; only whole ones count."""
    reports, current = [], {}
    for line in console.replace("\r", "").split("\n"):
        _, mark, text = line.partition("pvh-report: ")
        key, equals, value = text.partition("=")
        if mark and equals:
            current[key] = value
        elif mark and text == "end":
            reports.append(current)
            current = {}
    return reports


def alarms(console):
    """The lines that say that something is wrong with the kernel."""
    return [found.group().strip() for found in ALARM.finditer(console)]


class Qemu:
    """One virtual machine without any device that is not asked for.

    kernel is started by the PVH entry when it is a vmlinux, by the Linux boot protocol when it is
    a bzImage. append=None passes no command line at all. crash=True is for guests that crash on purpose.
    known are words of complaints that mainline has, too.
    """

    def __init__(self, kernel, machine="q35", cpus=1, memory="256M", initrd=None, append=None, extra=(), limit=90,
                 accel="tcg", program="qemu-system-x86_64", crash=False, known=()):
        self.program = program
        self.crash = crash
        self.known = known
        self.limit = limit
        self.console = ""
        self.debugcon = ""
        self.status = None
        self.echo = None
        # What a guest says at the end of each report.
        self.last_words = "pvh-report: end"
        self.accel = accel
        self.machine, self.cpus, self.memory = machine, cpus, memory
        self.files = ["-kernel", str(kernel)]
        if initrd:
            self.files += ["-initrd", str(initrd)]
        if append is not None:
            self.files += ["-append", append]
        self.extra = [str(word) for word in extra]

    def command(self, debugcon):
        """The command line of QEMU; what the guest writes to port 0xe9 goes to a file."""
        return [str(self.program), "-accel", self.accel, "-M", self.machine, "-smp", str(self.cpus),
                "-m", self.memory, "-nodefaults", "-no-reboot", "-display", "none", "-monitor", "none",
                "-nic", "none", "-serial", "stdio", "-debugcon", f"file:{debugcon}", *self.files, *self.extra]

    def run(self, reports=1, until_exit=False):
        """Runs the guest until it has reported so often, or until it ends by itself; returns the reports."""
        with tempfile.TemporaryDirectory() as folder:
            debugcon = pathlib.Path(folder) / "debugcon"
            process = subprocess.Popen(self.command(debugcon), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            try:
                late = self._read(process, reports, until_exit)
            finally:
                process.kill()
                self.status = process.wait()
                process.stdout.close()
                self.debugcon = debugcon.read_text(errors="replace") if debugcon.exists() else ""
        if late:
            raise self.failure(f"not done within {self.limit} s")
        return self.result(reports)

    def result(self, reports):
        """The reports of a guest that has ended, at least so many."""
        found = parse(self.console)
        if len(found) < reports:
            raise self.failure(f"{len(found)} of {reports} reports before QEMU ended (status {self.status})")
        self.check_alarms()
        return found

    def check_alarms(self):
        """Raises an error if the kernel has complained."""
        found = [] if self.crash else [line for line in alarms(self.console)
                                       if not any(words in line for words in self.known)]
        if found:
            raise self.failure(f"the kernel complains: {found[0]}")

    def _read(self, process, reports, until_exit):
        """Collects the console until what is waited for has come or QEMU ends; says whether time ran out."""
        deadline = time.monotonic() + self.limit
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while until_exit or self.console.count(self.last_words) < reports:
                if not selector.select(max(0, deadline - time.monotonic())):
                    return True
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    process.wait(timeout=10)
                    return False
                self._take(data.decode(errors="replace"))
        return False

    def _take(self, text):
        self.console += text
        if self.echo:
            self.echo.write(text)
            self.echo.flush()

    def failure(self, reason):
        """An error that shows how the guest was started and the ends of its consoles."""
        tail = "\n".join(self.console.replace("\r", "").split("\n")[-TAIL:])
        return GuestError(f"{reason}\n  {' '.join(self.command('FILE'))}\n--- console ---\n{tail}\n"
                          f"--- port 0xe9 ---\n{self.debugcon[-2000:]}")
