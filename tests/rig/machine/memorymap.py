# SPDX-License-Identifier: GPL-2.0
"""What a kernel has to make of the memory map that it is handed over, as Documentation/arch/x86/pvh.rst says."""

import re

LAST = (1 << 64) - 1
RAM, RESERVED, PRAM, SOFT_RESERVED = 1, 2, 12, 0xefffffff
ISA_AREA = (0xa0000, 0x60000, RESERVED)
NAMES = {"System RAM": 1, "device reserved": 2, "ACPI data": 3, "ACPI NVS": 4, "unusable": 5,
         "soft reserved": SOFT_RESERVED}


def clamped(entries):
    """(start, end, type) of each entry that is not empty; what wraps around ends with the address space."""
    ranges = ((start, min(start + size, LAST), kind) for start, size, kind in entries)
    return [entry for entry in ranges if entry[0] < entry[1] and entry[2]]


def merged(pieces):
    """Neighbours of one type in one, but for types whose borders mean something."""
    result = []
    for start, end, kind in pieces:
        if result and result[-1][1] == start and result[-1][2] == kind and kind not in (PRAM, SOFT_RESERVED):
            start = result.pop()[0]
        result.append((start, end, kind))
    return result


def expected(entries):
    """The sorted map without overlaps: of several types the largest number counts, and the ISA area is reserved."""
    ranges = clamped([*entries, ISA_AREA])
    points = sorted({point for start, end, _ in ranges for point in (start, end)})
    pieces = []
    for start, end in zip(points, points[1:]):
        kinds = [kind for first, last, kind in ranges if first <= start and end <= last]
        if kinds:
            pieces.append((start, end, max(kinds)))
    return merged(pieces)


def table(log):
    """(start, end, type) of the kernel's table, the last one that it has logged."""
    tables = {}
    for line in log:
        found = re.fullmatch(r"(BIOS-e820|extended|Xen): \[mem (0x\w+)-(0x\w+)\]\s+(.*)", line)
        if found:
            numbered = re.search(r"type (\d+)", found[4])
            kind = int(numbered[1]) if numbered else NAMES[found[4]]
            tables.setdefault(found[1], []).append((int(found[2], 16), int(found[3], 16) + 1, kind))
    return tables.get("extended") or tables.get("Xen") or tables["BIOS-e820"]


def lost(log):
    """(start, end) of what the kernel says that it had no room for."""
    found = (re.search(r"E820 table full; ignoring \[mem (0x\w+)-(0x\w+)\]", line) for line in log)
    return [(int(match[1], 16), int(match[2], 16) + 1) for match in found if match]


def covered(piece, ranges):
    """Whether a piece lies in ranges, which may overlap and adjoin."""
    start, end = piece[:2]
    for first, last in sorted(ranges):
        if first <= start < last:
            start = last
    return start >= end


def missing(entries, log):
    """The expected pieces that are neither in the kernel's table, with their type, nor named as lost."""
    found, gone = table(log), lost(log)
    return [piece for piece in expected(entries)
            if not covered(piece, [entry[:2] for entry in found if entry[2] == piece[2]] + gone)]
