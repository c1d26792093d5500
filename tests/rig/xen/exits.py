# SPDX-License-Identifier: GPL-2.0
"""Counts a domain's VM exits, from its first instruction to its end, by exit code and by what in the guest caused them.

xentrace in dom0 records them, xentrace.py adds them up, and the kernel's System.map names the addresses.
"""

import collections
import contextlib
import pathlib
import struct
import tempfile
import time

import payload
import qemu
import xentrace
from domu import alarms, boot, config
from vmexits import Symbols, code_name
from xenhost import Domain, HostError, XenHost

INIT = qemu.GUEST / "init-x86_64"
# The events of entries, exits, and what Xen does about them; pages of buffer for each of the host's CPUs.
EVENTS, PAGES = "0x00083000", 8192
# Phases of a domain's life: the span, if one is marked, lies before init.
SPAN, BEFORE_INIT, LIFE = ("span",), ("before", "span"), ("before", "span", "after")
MIB, WORDS = 256, "console=hvc0 panic=-1 nokaslr"
# Messages make the kernel wait for dom0, which reads them more or less slowly.
QUIET = WORDS + " quiet"

# The limits of the series: so much of mainline's exits, of all and without those that read the clock.
MOST, MOST_BUT_RDTSC = 0.03, 0.02
TOP = 15


class Exits:
    """What happened how often: {(phase, kind, value, symbol): count}, as xentrace.py describes them."""

    def __init__(self, counts, symbols):
        self.counts = collections.Counter()
        for (phase, kind, value, rip), number in counts.items():
            self.counts[phase, kind, value, symbols.name(rip, phase)] += number

    def of(self, kind, phases=LIFE):
        """{(value, symbol): count} of one kind."""
        found = collections.Counter()
        for (phase, this, value, symbol), count in self.counts.items():
            if this == kind and phase in phases:
                found[value, symbol] += count
        return found

    def ticks(self, phases=("before",)):
        """Ticks of the host's TSC from the domain's first exit to its init, or of the span."""
        return self.of("ticks", phases).total()

    def by_symbol(self, phases=LIFE):
        """{(name of the exit code, symbol): count}."""
        return collections.Counter({(code_name(code), symbol): count
                                    for (code, symbol), count in self.of("exit", phases).items()})

    def by_code(self, phases=LIFE):
        """{name of the exit code: count}."""
        found = collections.Counter()
        for (code, _), count in self.by_symbol(phases).items():
            found[code] += count
        return found

    def table(self, phases=LIFE):
        """The most frequent exits, and all accesses to devices."""
        rows = [("", *what, count) for what, count in self.by_symbol(phases).most_common(TOP)]
        for kind in ("port", "mmio"):
            rows += [(kind, hex(value), symbol, n) for (value, symbol), n in self.of(kind, phases).most_common()]
        return "\n".join(f"{count:10,} {kind:4} {what:14} {symbol}" for kind, what, symbol, count in rows)


def init_entry():
    """Where the guest's init begins."""
    return struct.unpack_from("<Q", INIT.read_bytes(), 24)[0]


class Trace:
    """xentrace in dom0, from now on."""

    def __init__(self, host, name):
        self.host, self.file = host, f"/tmp/{name}.trace"
        trace = f"xentrace -D -e {EVENTS} -S {PAGES} {self.file} >{self.file}.log 2>&1; echo $? >{self.file}.status"
        host.run(f"setsid sh -c '{trace}' &")
        # System call 7 is poll(), which it first does when all is set up.
        host.run(f"until grep -q '^7 ' /proc/$(pidof xentrace)/syscall; do [ ! -s {self.file}.status ] || "
                 f"{{ cat {self.file}.log; exit 1; }}; sleep 0.1; done")

    def end(self):
        """Stops it."""
        self.host.run(f"kill -INT $(pidof xentrace); until [ -s {self.file}.status ]; do sleep 0.1; done")
        if self.host.run(f"cat {self.file}.status") != "0":
            raise HostError(self.host.explain(self.host.run(f"cat {self.file}.log")))

    def read(self, entry, span):
        """What xentrace.py makes of it, given its marks."""
        return xentrace.count(self.host.fetch(self.file), PAGES * 4096, entry, span)

    def remove(self):
        """Removes its files, which are in dom0's memory."""
        self.host.run(f"rm -f {self.file}*")


class TooLateError(HostError):
    """A domain has not said in time what it was to say."""


def has_said(host, log, said):
    """Whether a line of a console's log matches, by now or very soon."""
    return not host.run(f"grep -q '{said}' {log} || {{ sleep 0.5; false; }}", check=False)[0]


def boot_until(host, name, settings, change, said, limit=300):
    """Starts a domain, changed by change(domain), and removes it as soon as it has said a thing: it need not end.

    said is a regular expression for a line of its console, limit is in seconds.
    """
    log = f"/var/log/xen/guest-{name}.log"
    # What a domain of the same name has said before does not count.
    host.run(f"rm -f {log}")
    domain = Domain(host, name, settings)
    domain.create(paused=True)
    try:
        change(domain)
        domain.unpause()
        end = time.monotonic() + limit
        while not has_said(host, log, said):
            if time.monotonic() > end:
                raise TooLateError(domain.explain(f"{name} has not said {said} in {limit} s"))
        # What mainline complains of, which is "base" in the bench, is not judged.
        complaints = [] if settings["kernel"].endswith("/base") else alarms(domain.console())
        assert complaints == [], domain.explain("its kernel complained")
    finally:
        domain.destroy()


def boot_to_init(host, name, settings, change):
    """Starts a domain, changed by change(domain), and removes it as soon as its init reports."""
    boot_until(host, name, settings, change, "^pvh-report")


def count(host, name, settings, symbols, run=boot, entry=None, span=()):
    """Counts the exits of a domain, run until its end, or by another function that is called like boot().

    A span is given by the addresses of two instructions that exit; entry=0 if the domain need not come to its init.
    """
    traces = []
    try:
        try:
            run(host, name, settings, lambda _: traces.append(Trace(host, name)))
        finally:
            for trace in traces:
                trace.end()
        return Exits(traces[0].read(init_entry() if entry is None else entry, span), symbols)
    finally:
        for trace in traces:
            trace.remove()


@contextlib.contextmanager
def running_host(release, kernels, change=pathlib.Path.read_bytes):
    """An emulated host with kernels, {name: directory}, each changed by change(path of vmlinux)."""
    with tempfile.TemporaryDirectory() as directory:
        files = payload.files(next(iter(kernels.values())).parent, directory, ["vmlinux", "initrd"])
        host = XenHost(release, directory, files | {name: change(path / "vmlinux") for name, path in kernels.items()})
        try:
            host.start()
            yield host
        finally:
            host.stop()


def compare(domains, release):
    """{name: Exits} of domains, in one emulated host; each is given as {name: (kernel's directory, vCPUs)}."""
    with running_host(release, {name: path for name, (path, _) in domains.items()}) as host:
        return {name: count(host, name, config("pvh", name, vcpus, MIB, extra=QUIET), Symbols(path / "System.map"))
                for name, (path, vcpus) in domains.items()}
