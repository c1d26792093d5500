# SPDX-License-Identifier: GPL-2.0
"""Measures what secondary vCPUs cost a domain: VM exits, time and memory, by the number of vCPUs.

The time in which the kernel brings them up lies between two messages of smp_init(): "Bringing up secondary CPUs" and
"Brought up". The messages' own time stamps do not serve: before init the kernel's clock waits for the boot CPU's next
tick. So the kernels that are measured have, in place of the two messages, an instruction that makes a VM exit and
nothing else: the exits between these two are those of the span, and the ticks between them are its time.
"""

import functools
import re
import struct

import exits
import qemu
import relocate
from domu import config

FEW, MANY = 1, 8
GROWTH = (2, 4, 8, 16, 32)
# Seconds; mainline takes minutes for 32 vCPUs.
SPAN_LIMIT = 900

# WBINVD, which makes an exit, and has no effect in a domain without devices of its own; and a no-op, to fill a call.
CALL, MARK = b"\xe8", b"\x0f\x09\x0f\x1f\x00"
# A line that comes right after the span, and the last one of init's report.
BROUGHT_UP, REPORTED = "smpboot: Total of .* processors activated", "^pvh-report: end"

# The limits of the series: so much of what one more vCPU costs mainline; of the time from so many vCPUs on.
MOST, TIMED = {"total": 0.10, "without RDTSC": 0.5}, 8


def function(system_map, name):
    """Address and end of a function."""
    symbols = sorted((int(address, 16), symbol) for address, symbol
                     in re.findall(r"^([0-9a-f]{16}) [tTwW] (\S+)$", system_map.read_text(), re.MULTILINE))
    start, = (address for address, symbol in symbols if symbol == name)
    return start, min(address for address, _ in symbols if address > start)


def find_marks(elf, system_map):
    """(address, file offset) of the two calls by which smp_init() writes its messages."""
    start, end = function(system_map, "smp_init")
    printk, _ = function(system_map, "_printk")
    offset, = elf.address_offsets(start)
    code = elf.stream.getvalue()[offset:offset + end - start]
    calls = [(start + at, offset + at) for at in range(end - start)
             if code[at:at + 5] == CALL + struct.pack("<i", printk - start - at - 5)]
    if len(calls) != 2:
        raise ValueError(f"{system_map}: smp_init() has {len(calls)} messages instead of two")
    return calls


def span_of(kernel):
    """The addresses of the two marks in a kernel, given its directory."""
    return [address for address, _ in find_marks(relocate.Elf(kernel / "vmlinux"), kernel / "System.map")]


def marked(vmlinux):
    """The bytes of a kernel with the marks in place of the messages."""
    elf = relocate.Elf(vmlinux)
    for _, at in find_marks(elf, vmlinux.parent / "System.map"):
        elf.put(at, MARK)
    return elf.stream.getvalue()


def until_init(host, tree, kernel, vcpus):
    """VM exits of a domain until its init, {name of the exit code: count}, and its memory then, {kind: KiB}."""
    name = f"init-{tree}-{vcpus}"
    found = exits.count(host, name, config("pvh", tree, vcpus, exits.MIB, extra=exits.QUIET),
                        exits.Symbols(kernel / "System.map"), functools.partial(exits.boot_until, said=REPORTED))
    facts, = qemu.parse(host.read(f"/var/log/xen/guest-{name}.log"))
    assert facts["cpus_worked"] == str(vcpus), f"{name}: {facts['cpus_worked']} vCPUs worked instead of {vcpus}"
    return found.by_code(exits.BEFORE_INIT), {"total": int(facts["mem_kib"]), "free": int(facts["mem_free_kib"])}


def span(host, tree, kernel, vcpus):
    """Ticks and VM exits by code of the span; None if it takes too long."""
    settings = config("pvh", tree, vcpus, exits.MIB, extra=exits.WORDS)
    run = functools.partial(exits.boot_until, said=BROUGHT_UP, limit=SPAN_LIMIT)
    try:
        found = exits.count(host, f"span-{tree}-{vcpus}", settings, exits.Symbols(kernel / "System.map"), run,
                            entry=0, span=span_of(kernel))
    except exits.TooLateError:
        return None
    return {"ticks": found.ticks(exits.SPAN), "exits": found.by_code(exits.SPAN)}


def measure(kernels, release):
    """All figures, {what: {tree: {vCPUs: figure}}}, with both trees' domains in one emulated host."""
    result = {what: {tree: {} for tree in kernels} for what in ("until init", "memory", "span")}
    with exits.running_host(release, kernels, marked) as host:
        for vcpus in (FEW, MANY):
            for tree, kernel in kernels.items():
                codes, memory = until_init(host, tree, kernel, vcpus)
                result["until init"][tree][vcpus], result["memory"][tree][vcpus] = codes, memory
        for vcpus in GROWTH:
            for tree, kernel in kernels.items():
                result["span"][tree][vcpus] = span(host, tree, kernel, vcpus)
    result["VM exits of 1 more vCPU"] = {tree: until_init_per_vcpu(result, tree) for tree in kernels}
    return result


def per_vcpu(few, many, added):
    """{name of the exit code: VM exits that each added vCPU costs}, given those of domains with few and many."""
    return {code: (many[code] - few[code]) / added for code in {*few, *many}}


def until_init_per_vcpu(found, tree):
    """That of a tree, until init."""
    return per_vcpu(*(found["until init"][tree][vcpus] for vcpus in (FEW, MANY)), MANY - FEW)


def totals(codes):
    """The sums that have limits, {"total": count, "without RDTSC": count}."""
    total = sum(codes.values())
    return {"total": total, "without RDTSC": total - codes["RDTSC"]}


def limits(found):
    """(what, whether it holds) of every limit."""
    base, series = (totals(until_init_per_vcpu(found, tree)) for tree in ("base", "series"))
    for what, count in base.items():
        most = MOST[what]
        yield f"VM exits of one more vCPU, {what}: at most {most} of mainline's", series[what] <= most * count
    for vcpus in (vcpus for vcpus in GROWTH if vcpus >= TIMED):
        base, series = (found["span"][tree][vcpus] for tree in ("base", "series"))
        yield (f"bring-up of {vcpus} vCPUs, time: less than mainline's",
               series is not None and (base is None or series["ticks"] < base["ticks"]))
