# SPDX-License-Identifier: GPL-2.0
"""tests/rig/xen/exits.c: what it counts of a trace, and that it takes no incomplete one for complete."""

import struct
import subprocess

import pytest

from conftest import ROOT

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


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program, with checks of its memory accesses."""
    path = tmp_path_factory.mktemp("exits") / "exits"
    subprocess.run(["gcc", "-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined",
                    "-fno-sanitize-recover", "-o", path, ROOT / "tests/rig/xen/exits.c"], check=True)
    return path


@pytest.fixture
def exits(program, tmp_path):
    """exits(BYTES, [FROM, TO]): the status, the lines in order of the alphabet, and the complaint.

    The times are left out.
    """
    def run(trace, *span, entry=ENTRY):
        (tmp_path / "trace").write_bytes(trace)
        done = subprocess.run([program, tmp_path / "trace", hex(entry), str(SIZE), *map(hex, span)],
                              capture_output=True, text=True, timeout=60)
        lines = [line for line in done.stdout.splitlines() if " ticks " not in line]
        return done.returncode, sorted(lines), done.stderr
    return run


GOOD = window(1, record(ENTER, tsc=9), exit64(10, IOIO, KERNEL), record(PORT_OUT, 0x43, 0x34), record(ENTER, tsc=11),
              exit64(12, IOIO, KERNEL), record(PORT_IN, 0x43, 0), record(WRAP, 0, 0),
              exit64(1 << 40, RDTSC, ENTRY), exit64((1 << 40) + 1, RDTSC, KERNEL))


def test_counts(exits):
    assert exits(GOOD) == (0, [f"after exit 0x6e {ENTRY:#x} 1", f"after exit 0x6e {KERNEL:#x} 1",
                               f"before exit 0x7b {KERNEL:#x} 2", f"before port 0x43 {KERNEL:#x} 2"], "")


def test_times(program, tmp_path):
    """From the first exit on any CPU to init's first one, wherever they are in the file; and of the span."""
    (tmp_path / "trace").write_bytes(
        window(1, exit64(24, WBINVD, TO), exit64(30, RDTSC, ENTRY), exit64(31, RDTSC, ENTRY)) +
        window(0, exit64(12, IOIO, KERNEL), exit64(17, WBINVD, FROM)))
    done = subprocess.run([program, tmp_path / "trace", hex(ENTRY), str(SIZE), hex(FROM), hex(TO)],
                          capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[:2] == [f"before ticks 0x0 {ENTRY:#x} 18", f"span ticks 0x0 {FROM:#x} 7"]


SPANNED = (window(1, exit64(10, IOIO, KERNEL), exit64(20, WBINVD, FROM), exit64(30, IOIO, KERNEL),
                  record(PORT_OUT, 0x43, 0), exit64(40, WBINVD, TO), exit64(41, IOIO, KERNEL)) +
           window(0, exit64(19, RDTSC, KERNEL), exit64(39, RDTSC, KERNEL), exit64(45, RDTSC, KERNEL)))
COUNTED = [f"before exit 0x6e {KERNEL:#x} 2", f"before exit 0x7b {KERNEL:#x} 2", f"before exit 0x89 {TO:#x} 1",
           f"span exit 0x6e {KERNEL:#x} 1", f"span exit 0x7b {KERNEL:#x} 1", f"span exit 0x89 {FROM:#x} 1",
           f"span port 0x43 {KERNEL:#x} 1"]


def test_span(exits):
    """What any CPU does from one mark to the other is the span's; the domain need not come to its init."""
    assert exits(SPANNED, FROM, TO, entry=0) == (0, COUNTED, "")
    trace = SPANNED + window(1, exit64(50, RDTSC, ENTRY))
    assert exits(trace, FROM, TO) == (0, [f"after exit 0x6e {ENTRY:#x} 1", *COUNTED], "")


@pytest.mark.parametrize("end,span,says", [
    ([], (FROM, TO), "no exit at 0x4023c0"),
    ([exit64(50, RDTSC, ENTRY)], (FROM, TO + 1), f"no exit at {TO + 1:#x}"),
    ([exit64(50, RDTSC, ENTRY)], (FROM + 1, TO), f"no exit at {FROM + 1:#x}"),
    ([exit64(50, RDTSC, ENTRY)], (TO, FROM), "not in order"),
    ([exit64(50, RDTSC, ENTRY)], (FROM, FROM), "not in order"),
    ([exit64(50, RDTSC, ENTRY), exit64(51, WBINVD, KERNEL + 1)], (FROM, KERNEL + 1), "not in order"),
])
def test_no_span(exits, end, span, says):
    """Marks that are not there, or not in this order before init."""
    status, lines, complaint = exits(SPANNED + window(1, *end), *span)
    assert (status, lines) == (1, []) and says in complaint


def test_values(exits):
    """Every kind of value; exits of 32-bit guests, and of later releases."""
    trace = window(0, record(EXIT, PAGE_FAULT, 0x1000, tsc=1), record(NPF, 0x20, 1, 0, 0, 0, 0),
                   record(MMIO_IN, 0xFEE00020, 0), record(MMIO64_OUT, 0xFEE00030, 2, 0, 0),
                   exit64(2, 0x7C, KERNEL, SVM_EXIT64), record(MSR_IN, 0x1B, 0, 0),
                   exit64(3, 0x72, KERNEL), record(CPUID, 0x40000000, 0, 1, 2, 3, 4), exit64(4, RDTSC, ENTRY))
    status, lines, _ = exits(trace)
    assert status == 0
    assert lines[1:] == [f"before cpuid 0x40000000 {KERNEL:#x} 1", "before exit 0x400 0x1000 1",
                         f"before exit 0x72 {KERNEL:#x} 1", f"before exit 0x7c {KERNEL:#x} 1",
                         "before mmio 0x2fee00030 0x1000 1", "before mmio 0xfee00020 0x1000 1",
                         f"before msr 0x1b {KERNEL:#x} 1", "before npf 0x100000020 0x1000 1"]


def test_a_guest_that_moves(exits):
    """The first window of the file can be the later one, and a CPU's exit in one window, what follows in the next."""
    trace = (window(1, exit64(30, RDTSC, ENTRY), exit64(31, IOIO, KERNEL)) + window(0, exit64(20, IOIO, KERNEL)) +
             window(1, record(PORT_IN, 0x60, 0)) + window(0, record(PORT_IN, 0x64, 0)))
    assert exits(trace)[1] == [f"after exit 0x6e {ENTRY:#x} 1", f"after exit 0x7b {KERNEL:#x} 1",
                               f"after port 0x60 {KERNEL:#x} 1", f"before exit 0x7b {KERNEL:#x} 1",
                               f"before port 0x64 {KERNEL:#x} 1"]


@pytest.mark.parametrize("trace,says", [
    (b"", "empty"),
    (GOOD + window(0, record(LOST, 17, 0, 0, 0, tsc=40)), "17 records lost"),
    (window(0, exit64(1, RDTSC, ENTRY), record(LOST, 17, 0, 0, 0, tsc=2)), "17 records lost"),
    (window(0, exit64(1, RDTSC, ENTRY), *[record(ENTER, tsc=2)] * (SIZE // 12 - 10)), "records can be lost"),
    (GOOD[12:], "not xentrace's"),
    (window(0, exit64(1, IOIO, KERNEL)), "no exit at 0x4023c0"),
    (window(0, record(PORT_IN, 0x60, 0), exit64(1, RDTSC, ENTRY)), "before the first exit"),
    (window(0, record(EXIT64, RDTSC, ENTRY, tsc=1)), "only 2 words"),
    (window(64, exit64(1, RDTSC, ENTRY)), "CPU 64"),
])
def test_unusable(exits, trace, says):
    status, lines, complaint = exits(trace)
    assert (status, lines) == (1, []) and says in complaint


def test_truncated(exits):
    """Wherever the file ends, but where xentrace has just written all that it had."""
    assert exits(GOOD + GOOD)[0] == 0
    for size in range(1, len(GOOD)):
        status, lines, complaint = exits(GOOD + GOOD[:size])
        assert (status, lines) == (1, []) and "truncated" in complaint, size
