# SPDX-License-Identifier: GPL-2.0
"""tests/rig/xen/xentrace.py: what it counts of a trace, and that it takes no incomplete one for complete."""

import struct

import pytest

import xentrace

ENTRY, KERNEL = 0x4023C0, 0xFFFFFFFF81000000
LOST, WRAP, CPU_CHANGE = 0x1F001, 0x1F002, 0x1F003
ENTER, EXIT, EXIT64, SVM_EXIT64 = 0x81001, 0x81002, 0x81102, 0x81103
PORT_IN, PORT_OUT, MMIO_IN, MMIO64_OUT = 0x82016, 0x82216, 0x82017, 0x82317
NPF, MSR_IN, CPUID = 0x82021, 0x8200C, 0x8200E
SIZE = 8192
IOIO, RDTSC, WBINVD, PAGE_FAULT = 0x7B, 0x6E, 0x89, 0x400
FROM, TO = KERNEL + 0x10, KERNEL + 0x20


def words(*values):
    """32-bit words of a file."""
    return struct.pack(f"<{len(values)}I", *values)


def record(event, *extra, tsc=None):
    """One record."""
    times = () if tsc is None else (tsc & 0xFFFFFFFF, tsc >> 32)
    return words(event | len(extra) << 28 | bool(times) << 31, *times, *extra)


def exit64(tsc, code, rip, event=EXIT64):
    """An exit of a 64-bit guest."""
    return record(event, code, rip & 0xFFFFFFFF, rip >> 32, tsc=tsc)


def window(cpu, *records):
    """What xentrace has found in one CPU's buffer."""
    return record(CPU_CHANGE, cpu, len(b"".join(records))) + b"".join(records)


def counted(trace, *span, init=ENTRY):
    """{(phase, kind, value, rip): count}, without the times."""
    return {where: number for where, number in xentrace.count(trace, SIZE, init, span).items() if where[1] != "ticks"}


GOOD = window(1, record(ENTER, tsc=9), exit64(10, IOIO, KERNEL), record(PORT_OUT, 0x43, 0x34), record(ENTER, tsc=11),
              exit64(12, IOIO, KERNEL), record(PORT_IN, 0x43, 0), record(WRAP, 0, 0),
              exit64(1 << 40, RDTSC, ENTRY), exit64((1 << 40) + 1, RDTSC, KERNEL))


def test_counts():
    assert counted(GOOD) == {("after", "exit", RDTSC, ENTRY): 1, ("after", "exit", RDTSC, KERNEL): 1,
                             ("before", "exit", IOIO, KERNEL): 2, ("before", "port", 0x43, KERNEL): 2}


def test_times():
    """From the first exit on any CPU to init's first one, wherever they are in the file; and of the span."""
    trace = (window(1, exit64(24, WBINVD, TO), exit64(30, RDTSC, ENTRY), exit64(31, RDTSC, ENTRY)) +
             window(0, exit64(12, IOIO, KERNEL), exit64(17, WBINVD, FROM)))
    found = xentrace.count(trace, SIZE, ENTRY, (FROM, TO))
    assert (found["before", "ticks", 0, ENTRY], found["span", "ticks", 0, FROM]) == (18, 7)


SPANNED = (window(1, exit64(10, IOIO, KERNEL), exit64(20, WBINVD, FROM), exit64(30, IOIO, KERNEL),
                  record(PORT_OUT, 0x43, 0), exit64(40, WBINVD, TO), exit64(41, IOIO, KERNEL)) +
           window(0, exit64(19, RDTSC, KERNEL), exit64(39, RDTSC, KERNEL), exit64(45, RDTSC, KERNEL)))
COUNTED = {("before", "exit", RDTSC, KERNEL): 2, ("before", "exit", IOIO, KERNEL): 2, ("before", "exit", WBINVD, TO): 1,
           ("span", "exit", RDTSC, KERNEL): 1, ("span", "exit", IOIO, KERNEL): 1, ("span", "exit", WBINVD, FROM): 1,
           ("span", "port", 0x43, KERNEL): 1}


def test_span():
    """What any CPU does from one mark to the other is the span's; the domain need not come to its init."""
    assert counted(SPANNED, FROM, TO, init=0) == COUNTED
    trace = SPANNED + window(1, exit64(50, RDTSC, ENTRY))
    assert counted(trace, FROM, TO) == {("after", "exit", RDTSC, ENTRY): 1, **COUNTED}


@pytest.mark.parametrize("end,span,says", [
    ([], (FROM, TO), "no exit at 0x4023c0"),
    ([exit64(50, RDTSC, ENTRY)], (FROM, TO + 1), f"no exit at {TO + 1:#x}"),
    ([exit64(50, RDTSC, ENTRY)], (FROM + 1, TO), f"no exit at {FROM + 1:#x}"),
    ([exit64(50, RDTSC, ENTRY)], (TO, FROM), "not in order"),
    ([exit64(50, RDTSC, ENTRY)], (FROM, FROM), "not in order"),
    ([exit64(50, RDTSC, ENTRY), exit64(51, WBINVD, KERNEL + 1)], (FROM, KERNEL + 1), "not in order"),
])
def test_no_span(end, span, says):
    """Marks that are not there, or not in this order before init."""
    with pytest.raises(xentrace.TraceError, match=says):
        counted(SPANNED + window(1, *end), *span)


def test_values():
    """Every kind of value; exits of 32-bit guests, and of later releases."""
    trace = window(0, record(EXIT, PAGE_FAULT, 0x1000, tsc=1), record(NPF, 0x20, 1, 0, 0, 0, 0),
                   record(MMIO_IN, 0xFEE00020, 0), record(MMIO64_OUT, 0xFEE00030, 2, 0, 0),
                   exit64(2, 0x7C, KERNEL, SVM_EXIT64), record(MSR_IN, 0x1B, 0, 0),
                   exit64(3, 0x72, KERNEL), record(CPUID, 0x40000000, 0, 1, 2, 3, 4), exit64(4, RDTSC, ENTRY))
    assert {where[1:] for where in counted(trace) if where[0] == "before"} == {
        ("cpuid", 0x40000000, KERNEL), ("exit", PAGE_FAULT, 0x1000), ("exit", 0x72, KERNEL), ("exit", 0x7c, KERNEL),
        ("mmio", 0x2fee00030, 0x1000), ("mmio", 0xfee00020, 0x1000), ("msr", 0x1b, KERNEL), ("npf", 0x100000020, 0x1000)}


def test_a_guest_that_moves():
    """The first window of the file can be the later one, and a CPU's exit in one window, what follows in the next."""
    trace = (window(1, exit64(30, RDTSC, ENTRY), exit64(31, IOIO, KERNEL)) + window(0, exit64(20, IOIO, KERNEL)) +
             window(1, record(PORT_IN, 0x60, 0)) + window(0, record(PORT_IN, 0x64, 0)))
    assert set(counted(trace)) == {("after", "exit", RDTSC, ENTRY), ("after", "exit", IOIO, KERNEL),
                                   ("after", "port", 0x60, KERNEL), ("before", "exit", IOIO, KERNEL),
                                   ("before", "port", 0x64, KERNEL)}


@pytest.mark.parametrize("trace,says", [
    (b"", "empty"),
    (GOOD + window(0, record(LOST, 17, 0, 0, 0, tsc=40)), "17 records lost"),
    (window(0, exit64(1, RDTSC, ENTRY), record(LOST, 17, 0, 0, 0, tsc=2)), "17 records lost"),
    (window(0, exit64(1, RDTSC, ENTRY), *[record(ENTER, tsc=2)] * (SIZE // 12 - 10)), "records can be lost"),
    (GOOD[12:], "not xentrace's"),
    (window(0, exit64(1, IOIO, KERNEL)), "no exit at 0x4023c0"),
    (window(0, record(PORT_IN, 0x60, 0), exit64(1, RDTSC, ENTRY)), "before the first exit"),
    (window(0, record(EXIT64, RDTSC, ENTRY, tsc=1)), "only 2 words"),
], ids=lambda value: value if isinstance(value, str) else "trace")
def test_unusable(trace, says):
    with pytest.raises(xentrace.TraceError, match=says):
        counted(trace)


def test_truncated():
    """Wherever the file ends, but where xentrace has just written all that it had."""
    assert counted(GOOD + GOOD)
    for size in range(1, len(GOOD)):
        with pytest.raises(xentrace.TraceError, match="truncated"):
            counted(GOOD + GOOD[:size])
