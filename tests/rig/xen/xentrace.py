# SPDX-License-Identifier: GPL-2.0
"""Reads the VM exits of a domain out of a file that xentrace has written; takes no incomplete file for a complete one."""

import collections

# The first word of a record has its event, how many extra words it has, and whether two words of time stamp precede them.
LOST_RECORDS, CPU_CHANGE = 0x1f001, 0x1f003
# What is read, and how many of its extra words are the value: that of an exit is the processor's code for it; the others
# are what Xen says about an exit when it handles it: the port, the guest physical address (of an access that Xen
# emulates, or of any nested page fault), or what the guest had in %ecx or %eax.
KINDS = {0x82016: ("port", 1), 0x82216: ("port", 1), 0x82017: ("mmio", 1), 0x82117: ("mmio", 2), 0x82217: ("mmio", 1),
         0x82317: ("mmio", 2), 0x82021: ("npf", 2), 0x8200c: ("msr", 1), 0x8200d: ("msr", 1), 0x8200e: ("cpuid", 1),
         0x82012: ("vmmcall", 1)}
# Exits, and how many words their %rip has, which follow the code. Those of SVM end in 3 from Xen 4.19 on.
EXITS = {0x81002: 1, 0x81102: 2, 0x81003: 1, 0x81103: 2}
# More than Xen leaves empty in its buffer before it gives up a record.
ROOM = 256


class TraceError(ValueError):
    """The file is not whole, or lacks what is looked for."""


def number(extra, at, words, event):
    """A value of one or two of a record's extra words."""
    if len(extra) < at + words:
        raise TraceError(f"event {event:#x} has only {len(extra)} words")
    return extra[at] | (extra[at + 1] << 32 if words > 1 else 0)


def records(words, at, end):
    """(event, time stamp or None, extra words, place behind it) of each record from one place to another."""
    while at < end:
        header = words[at]
        first = at + (3 if header >> 31 else 1)
        behind = first + (header >> 28 & 7)
        if behind > end:
            raise TraceError(f"truncated at word {at}")
        event, extra = header & 0xfffffff, words[first:behind]
        if event == LOST_RECORDS:
            raise TraceError(f"{extra[0]} records lost: give xentrace larger buffers")
        yield event, words[at + 1] | words[at + 2] << 32 if header >> 31 else None, extra, behind
        at = behind


def windows(words, buffer_size):
    """(CPU, first word, end) of each window: the file is made of them, each with the records of one CPU."""
    at = 0
    while at < len(words):
        event, _, extra, at = next(records(words, at, len(words)))
        if event != CPU_CHANGE:
            raise TraceError(f"not xentrace's: event {event:#x}")
        cpu, size = extra[:2]
        # Xen says that records are lost only when it next has one of that CPU.
        if size + ROOM > buffer_size:
            raise TraceError("records can be lost: give xentrace larger buffers")
        if at + size // 4 > len(words):
            raise TraceError(f"truncated at word {at}")
        yield cpu, at, at + size // 4
        at += size // 4


def events(data, buffer_size):
    """(kind, value, time stamp and %rip of the exit that it belongs to) of all that happened, by CPU in order."""
    if not data or len(data) % 4:
        raise TraceError("truncated" if data else "empty")
    words, exits = memoryview(data).cast("I"), {}
    for cpu, begin, end in windows(words, buffer_size):
        for event, tsc, extra, _ in records(words, begin, end):
            kind, size = KINDS.get(event, ("exit" if event in EXITS else None, 1))
            if kind == "exit":
                exits[cpu] = tsc, number(extra, 1, EXITS[event], event)
            if kind and cpu not in exits:
                raise TraceError(f"event {event:#x} before the first exit")
            if kind:
                yield kind, number(extra, 0, size, event), *exits[cpu]


def first_exit(found, rip):
    """When the first exit was at an address."""
    times = [tsc for _, _, tsc, at in found if at == rip]
    if not times:
        raise TraceError(f"no exit at {rip:#x}")
    return min(times)


def count(data, buffer_size, init=0, span=()):
    """{(phase, kind, value, rip): count} of what happened; buffer_size is that of xentrace for one CPU, in bytes.

    The phase is "before" until the first exit at the address init, and "after" from then on. init is the guest's
    first instruction in user space, and has to exit. With init=0 the guest need not reach user space.

    span is two addresses. The phase is "span" from the first exit at one of them to the first exit at the other.
    Both have to come before init.

    The kind "ticks" counts the host's TSC: in phase "before" from the first exit to init, in phase "span" during the
    span.
    """
    found = list(events(data, buffer_size))
    end = first_exit(found, init) if init else float("inf")
    begin, until = (first_exit(found, rip) for rip in span) if span else (end, end)
    if span and not begin < until <= end:
        raise TraceError("the span is not in order")
    counts = collections.Counter(
        ("after" if tsc >= end else "span" if begin <= tsc < until else "before", kind, value, rip)
        for kind, value, tsc, rip in found)
    if init:
        counts["before", "ticks", 0, init] = end - min(tsc for _, _, tsc, _ in found)
    if span:
        counts["span", "ticks", 0, span[0]] = until - begin
    return counts
