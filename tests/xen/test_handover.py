# SPDX-License-Identifier: GPL-2.0
"""What Xen's tools hand over to a PVH domain is changed before it runs: it boots all the same, or says what is wrong.

The domain is created paused, and changed from dom0 with start-info.c.
"""

import re
import time

import pytest

import memorymap
import stub
from domu import POWEROFF, boot, check_basics, config
from startinfo import StartInfo
from xenhost import Domain

LIMIT = 30
MIB = 256
PAGE = 4096
# The guest reports its log; 128 KiB of it would not hold a long map.
EXTRA = "console=hvc0 panic=-1 quiet log_buf_len=1M"

# Fields of struct hvm_start_info, and of an entry of its module list: offset and size.
MAGIC, VERSION, MEMMAP_ENTRIES = (0, 4), (4, 4), (48, 4)
MODULE_PADDR, MODULE_SIZE = (0, 8), (8, 8)

# Up to here is what the tools have loaded; above, the map can be cut in pieces.
LOADED_END = 64 << 20
# What a kernel without NUMA has room for: 131 entries, of which it leaves some for ranges that it cuts up later.
ROOM = 120


def settings(**more):
    """xl's configuration."""
    return config("pvh", "vmlinux", 1, MIB, **{"extra": EXTRA, **more})


def last_words(host, domain):
    """What the domain, which has ended, wrote to Xen's log. The log can be a little late."""
    number, deadline = domain.number(), time.monotonic() + LIMIT
    while not host.said_by(number) and time.monotonic() < deadline:
        time.sleep(0.1)
    return host.said_by(number)


def bad_magic(info):
    info.set(MAGIC, 0x12345678)
    return "BAD_MAGIC"


def too_long_map(info):
    info.set(MEMMAP_ENTRIES, 0xffffffff)
    return "BAD_MEMMAP"


def too_large_initrd(info):
    """It begins behind the kernel, as a rule: its list is changed to begin before it, too."""
    at = info.fields["modlist_paddr"]
    info.set(MODULE_PADDR, PAGE, at=at)
    info.set(MODULE_SIZE, (1 << 64) - PAGE, at=at)
    return "BAD_INITRD"


def unchanged(_):
    return "NO_LONG_MODE"


@pytest.mark.parametrize("change,more", [
    (bad_magic, {}), pytest.param(too_long_map, {}, marks=pytest.mark.first("4.17")),
    pytest.param(too_large_initrd, {}, marks=pytest.mark.first("4.17")),
    pytest.param(unchanged, {"cpuid": "host,lm=0"}, marks=pytest.mark.first("4.20"))])
def test_error(host, change, more):
    """The domain ends before its kernel starts, by itself, and one line in Xen's log says why."""
    domain = Domain(host, change.__name__, settings(**more))
    domain.create(paused=True)
    try:
        name = change(StartInfo(domain))
        domain.unpause()
        # All vCPUs have halted with interrupts off: Xen takes that for a power-off.
        assert domain.wait() == POWEROFF, domain.explain("the domain ended with another reason than a power-off")
        assert last_words(host, domain) == [f"pvh: {stub.messages()[name]}"], domain.explain("the wrong words")
    finally:
        domain.destroy()


def cut(entries, count, kinds):
    """Cuts the RAM above LOADED_END into pages of these types in turn, so that there are count entries."""
    begin, size = next(entry[:2] for entry in entries if entry[2] == memorymap.RAM)
    others = [entry for entry in entries if entry[0] != begin]
    pieces = count - len(others) - 1
    step = (begin + size - LOADED_END) // pieces // PAGE * PAGE
    starts = [LOADED_END + step * number for number in range(pieces)]
    ends = [*starts[1:], begin + size]
    return [(begin, LOADED_END - begin, memorymap.RAM),
            *[(starts[number], ends[number] - starts[number], kinds[number % len(kinds)]) for number in range(pieces)],
            *others]


def check_map(domain, entries):
    """Every entry of the map that the kernel has asked for has arrived; that there may be more is said.

    What of the map is RAM is what the kernel uses, but for page 0.
    """
    facts = domain.facts
    asked, = re.findall(r"memory map may have more than (\d+) entries", domain.log) or [len(entries)]
    assert int(asked) == len(entries) or ROOM <= int(asked) < len(entries), domain.explain(f"asked for {asked}")
    entries = entries[:int(asked)]
    log = [facts[f"log.{number}"].partition("] ")[2] for number in range(int(facts["log"]))]
    arrived = memorymap.table(log)
    assert arrived == memorymap.expected(entries), domain.explain("the kernel has another map")
    ram = sum(end - start for start, end, kind in arrived if kind == memorymap.RAM)
    assert int(facts["ram_bytes"]) == ram - PAGE


@pytest.mark.parametrize("field,count", [
    pytest.param(VERSION, 12, id="version-0"),
    pytest.param(MEMMAP_ENTRIES, 300, id="no-entries", marks=pytest.mark.first("4.17")),
    pytest.param(VERSION, 1024, id="version-0-longest", marks=pytest.mark.first("4.20")),
])
def test_map_from_xen(host, field, count):
    """With no map in start_info the kernel asks Xen for one: here that is another than Xen's tools have made."""
    entries = []

    def change(domain):
        info = StartInfo(domain)
        assert max(info.fields["start_info"], *[sum(module[:2]) for module in info.modules]) < LOADED_END - PAGE
        entries.extend(cut(info.map, count, (memorymap.RESERVED, memorymap.RAM)))
        assert len(entries) == count
        info.set_xens_map(entries)
        info.set(field, 0)
    domain = boot(host, f"map-{field[0]}-{count}", settings(), change)
    check_basics(domain, settings(), "PVH")
    check_map(domain, entries)
