# SPDX-License-Identifier: GPL-2.0
"""Counts the VM exits of a guest of the KVM host, from the first exit of its kernel to the first one of its init.

The host's kernel counts in histograms of tracefs. Triggers on the addresses of exits and entries start and stop them.
Firmware is not counted, because it polls for a time instead of a number of times; nor is what init reports, because its
C library executes CPUID before.
"""

import collections
import re

import kvmhost
import qemu
import relocate
from emulated import HostError
from vmexits import KERNEL_MAP, USER_END, Symbols, code_name

EVENTS = "/sys/kernel/tracing/events/kvm"
INIT = qemu.GUEST / "init-x86_64"
MIB = 512
APPEND = "console=ttyS0 quiet panic=-1 nokaslr"
# The machines that are compared. microvm has no PIT here: with ACPI no kernel uses it, and an early interrupt of it
# crashes mainline (see test_fixes.py).
MACHINES = {"microvm": "microvm,pit=off", "microvm,acpi=off": "microvm,acpi=off", "q35": "q35"}

# What the kernel x86_64 of the series makes at most: accesses to ports, and exits without interrupts and timer. Measured:
# 159 and 997, 381 and 1,350, 1,197 and 2,199; mainline makes 291 and 1,827, 515 and 2,278, 17,519 and 19,315.
MOST = {"microvm": (163, 1023), "microvm,acpi=off": (391, 1389), "q35": (1226, 2300)}
# The limits of the series, by kernel and machine, as a part of mainline's: accesses to ports, exits without interrupts
# and timer, and time from power-on to init.
MOST_PORT_IO = {
    "x86_64": {"microvm": 0.56, "microvm,acpi=off": 0.76, "q35": 0.07},
    "debian-cloud": {"microvm": 0.0055, "microvm,acpi=off": 0.0105, "q35": 0.1},
}
MOST_EXITS = {
    "x86_64": {"microvm": 0.56, "microvm,acpi=off": 0.61, "q35": 0.12},
    "debian-cloud": {"microvm": 0.0265, "microvm,acpi=off": 0.0225, "q35": 0.15},
}
MOST_TIME = {
    "x86_64": {"microvm": 0.94, "microvm,acpi=off": 0.9, "q35": 0.63},
    "debian-cloud": {"microvm": 0.55, "microvm,acpi=off": 0.55, "q35": 0.95},
}
# The keys of figures() that they are of.
LIMITS = {"port I/O": MOST_PORT_IO, "exits without interrupts and timer": MOST_EXITS, "ms to init": MOST_TIME}

# What is counted: {event: fields that make a key}. LOCATED also has the instruction, which makes many keys.
KEYS = {"kvm_exit": ("exit_reason",), "kvm_pio": ("port", "rw"), "kvm_msr": ("ecx", "write")}
LOCATED = KEYS | {"kvm_exit": ("exit_reason", "guest_rip")}
SIZE = 1 << 16
# Where a kernel runs: at the addresses that it is loaded to, before it has page tables, and then at its own.
LOADED = (0x1000000, 0x8000000)
LINE = re.compile(r"^\{ (.*) \} hitcount:\s+(\d+)", re.M)
TOTAL = re.compile(r"^\s+(Hits|Dropped): (\d+)", re.M)

# Ports by device, as QEMU's machines have them, first and last.
DEVICES = {
    "RTC": [(0x70, 0x71)],
    "PCI": [(0xcf8, 0xcff)],
    "PIT": [(0x40, 0x43), (0x61, 0x61)],
    "PIC": [(0x20, 0x21), (0xa0, 0xa1), (0x4d0, 0x4d1)],
    "i8042": [(0x60, 0x60), (0x64, 0x64)],
    "serial": [(base, base + 7) for base in (0x3f8, 0x2f8, 0x3e8, 0x2e8)],
    "DMA": [(0x00, 0x0f), (0x81, 0x8f), (0xc0, 0xdf)],
    "delay": [(0x80, 0x80), (0xed, 0xed)],
    "VGA": [(0x3b0, 0x3df)],
    "reset": [(0x92, 0x92), (0xb2, 0xb3)],
    "fw_cfg": [(0x510, 0x51b)],
    "debug": [(0x402, 0x402), (0xe9, 0xe9)],
    "ACPI": [(0x600, 0x67f), (0xaf00, 0xafff)],
}
# Model-specific registers: the deadline of the TSC timer, and the x2APIC's EOI, initial count and interrupt command.
TIMER = (0x6e0, 0x838)
EOI = 0x80b


def device(port):
    """The device that a port belongs to."""
    return next((name for name, ranges in DEVICES.items() for first, last in ranges if first <= port <= last), "other")


def parse(text, fields):
    """{key: count} of a histogram with these fields. One that is not whole is an error."""
    totals = {name: int(number) for name, number in TOTAL.findall(text)}
    found = collections.Counter()
    for key, count in LINE.findall(text):
        values = dict(re.findall(r"(\w+):\s*([0-9a-f]+)", key))
        found[tuple(int(values[field], 16) for field in fields)] += int(count)
    if totals.get("Dropped") != 0 or totals.get("Hits") != found.total():
        raise ValueError(f"the histogram of {fields} is not whole: {totals}, {found.total()} in its lines")
    return found


class Counts:
    """What exits there were: ports {(port, written): count}, reasons {name: count}, msrs {(number, written): count}."""

    def __init__(self, found):
        self.exits, self.ports, self.msrs = (collections.Counter(found[event]) for event in KEYS)
        self.reasons = collections.Counter()
        for (reason, *_), count in self.exits.items():
            self.reasons[code_name(reason)] += count

    def total(self):
        """All of them."""
        return self.exits.total()

    def port_io(self):
        """Those by accesses to ports."""
        return self.reasons["IOIO"]

    def without_interrupts(self):
        """All but interrupts of the host, waits for a chance to deliver one, ends of interrupts, and the timer."""
        ours = sum(count for (number, _), count in self.msrs.items() if number in (*TIMER, EOI))
        return self.total() - self.reasons["INTR"] - self.reasons["VINTR"] - ours

    def by_device(self):
        """{device: accesses to its ports}."""
        found = collections.Counter()
        for (port, _), count in self.ports.items():
            found[device(port)] += count
        return found

    def by_symbol(self, system_map):
        """{(reason, function): count} of what was counted as LOCATED, of a kernel that was started with nokaslr."""
        symbols, found = Symbols(system_map), collections.Counter()
        for (reason, rip), count in self.exits.items():
            found[code_name(reason), symbol(symbols, rip)] += count
        return found


def symbol(symbols, rip):
    """The function that an address is in; all that is not the kernel is firmware."""
    linked = rip + KERNEL_MAP if rip < USER_END else rip
    return symbols.name(linked, "before") if symbols.addresses[0] <= linked <= symbols.addresses[-1] else "firmware"


def init_text():
    """The addresses of init's code, first and last."""
    for segment in relocate.Elf(INIT).iter_segments("PT_LOAD"):
        if segment["p_flags"] & 1:
            return segment["p_vaddr"], segment["p_vaddr"] + segment["p_memsz"] - 1
    raise ValueError(f"{INIT} has no code")


class Trace:
    """Histograms in the host, for one guest: a context."""

    def __init__(self, host, keys):
        self.host, self.keys = host, keys
        first, last = init_text()
        hist = {event: f"hist:keys={','.join(field + '.hex' for field in fields)}:size={SIZE}:pause"
                for event, fields in keys.items()}
        self.set = [(words, event) for event, words in hist.items()]
        kernel = f"guest_rip >= {LOADED[0]:#x} && guest_rip < {LOADED[1]:#x} || guest_rip >= {KERNEL_MAP:#x}"
        self.marks = [(f"enable_hist:kvm:{event}:1 if {kernel}", "kvm_exit") for event in keys]
        # An event does not take both kinds of triggers.
        self.marks += [(f"disable_hist:kvm:{event} if rip >= {first:#x} && rip <= {last:#x}", "kvm_entry")
                       for event in keys]

    def _write(self, triggers):
        self.host.run("set -e; " + "; ".join(f"echo '{words}' >>{EVENTS}/{event}/trigger" for words, event in triggers))

    def __enter__(self):
        self._write([*self.set, *self.marks])
        return self

    def __exit__(self, *_):
        self._write([("!" + words.split(" if ")[0], event) for words, event in [*self.marks, *self.set]])

    def read(self):
        """What was counted."""
        found = {}
        for event, fields in self.keys.items():
            text = self.host.read(f"{EVENTS}/{event}/hist")
            if "[paused]" not in text:
                raise HostError(self.host.explain(f"{event} was counted past init, or init was never there"))
            found[event] = parse(text, fields)
        if not found["kvm_exit"]:
            raise HostError(self.host.explain("no exit of a kernel was counted"))
        return Counts(found)


def ending(machine):
    """Words that make a guest end: without ACPI it cannot power off, and mainline waits for a keyboard controller."""
    return " reboot=t pvh.then=reboot" if "acpi=off" in machine else ""


def count(host, kernel, machine, keys=None):
    """Runs a guest of the host to its end; returns its report and its Counts."""
    machine = MACHINES[machine]
    guest = kvmhost.Guest(host, kernel, machine, 1, f"{MIB}M", append=APPEND + ending(machine))
    with Trace(host, keys or KEYS) as trace:
        report, = guest.run()
        return report, trace.read()


def figures(report, counts):
    """What is compared. The TSC of a guest of the emulated machine runs at 1 GHz."""
    return {"port I/O": counts.port_io(), "exits": counts.total(),
            "exits without interrupts and timer": counts.without_interrupts(), "ms to init": int(report["tsc"]) / 1e6,
            "ports": counts.by_device(), "reasons": counts.reasons}


def compare(host, machine, base="base", series="series"):
    """{figure: {tree: number}} of two kernels of the host."""
    found = {tree: figures(*count(host, kernel, machine)) for tree, kernel in (("base", base), ("series", series))}
    return {key: {tree: found[tree][key] for tree in found} for key in found["series"]}


def limits(kernel, machine, found):
    """(what, whether it holds) of every limit of what compare() has found."""
    for key, most in LIMITS.items():
        most = most.get(kernel, {}).get(machine)
        if most is not None:
            yield (f"{key}, {kernel}, {machine}: at most {most} of mainline's",
                   found[key]["series"] <= most * found[key]["base"])
