# SPDX-License-Identifier: GPL-2.0
"""Prints what scripts/bench has measured, mainline and series side by side."""

import bringup


def row(what, base, series, digits=0):
    """One line of the table; None is what was not reached in time."""
    ratio = f"{series / base:10.6f}" if base and series is not None else f"{'-':>10}"
    numbers = " ".join(f"{'too late':>14}" if number is None else f"{number:14,.{digits}f}"
                       for number in (base, series))
    print(f"{what:40} {numbers} {ratio}")


def heading(base="mainline", series="series"):
    """What the columns are."""
    print(f"{'':40} {base:>14} {series:>14} {'ratio':>10}")


def show_power_on(found):
    """Instructions from power-on to init."""
    for machine, runs in found.items():
        for number, (base, series) in enumerate(zip(runs["base"], runs["series"]), 1):
            row(f"power-on to init, {machine}, run {number}", base, series)


def show_entry(found):
    """Instructions in the entry."""
    for machine, entry in found.items():
        row(f"PVH entry to startup_64, {machine}", entry["base"], entry["series"])


def show_footprint(found):
    """Bytes."""
    for kind in found["base"]:
        name = kind if kind.startswith("vmlinux") else f"PVH entry, {kind}"
        row(f"{name} (bytes)", found["base"][kind], found["series"][kind])


def show_exits(found):
    """VM exits of a domain with one vCPU, and the most frequent ones of the series."""
    base, series = found["by code"]["base"], found["by code"]["series"]
    for what in ("total", "without RDTSC"):
        row(f"VM exits, {what}", found[what]["base"], found[what]["series"])
    for kind, count in found["accesses before init"].items():
        row(f"{kind} accesses before init", count["base"], count["series"])
    for code in sorted({*base, *series}, key=lambda code: -base[code]):
        row(f"VM exits, {code}", base[code], series[code])
    heading("ACPI", "ACPI=n")
    row(f"domU, {found['vCPUs']} vCPUs, time to init (ticks)", found["ticks to init"]["acpi"],
        found["ticks to init"]["noacpi"])
    print("The most frequent VM exits of the series:")
    for code, symbol, count in found["top of the series"]:
        print(f"{count:14,} {code:14} {symbol}")


def show_growth(found):
    """The span in which vCPUs are brought up: time and VM exits for each that is added to the first one."""
    for vcpus in bringup.GROWTH:
        spans = [found["span"][tree][vcpus] for tree in ("base", "series")]
        row(f"bring-up of {vcpus}, ticks per vCPU", *(span and span["ticks"] / (vcpus - 1) for span in spans))
        row(f"bring-up of {vcpus}, VM exits per vCPU",
            *(span and sum(span["exits"].values()) / (vcpus - 1) for span in spans), digits=1)


def show_span(vcpus, base, series):
    """VM exits of a span by code, if both trees have come to its end in time; other spans' are in the JSON file."""
    if base is None or series is None:
        return
    for code in sorted({*base["exits"], *series["exits"]}, key=lambda code: (-base["exits"][code], code)):
        row(f"bring-up of {vcpus}, VM exits, {code}", base["exits"][code], series["exits"][code])


def show_bringup(found):
    """What vCPUs cost."""
    codes = [bringup.until_init_per_vcpu(found, tree) for tree in ("base", "series")]
    base, series = (bringup.totals(counts) for counts in codes)
    for what in base:
        row(f"1 more vCPU, VM exits, {what}", base[what], series[what], digits=1)
    for code in sorted({*codes[0], *codes[1]}, key=lambda code: (-codes[0].get(code, 0), code)):
        row(f"1 more vCPU, VM exits, {code}", *(counts.get(code, 0) for counts in codes), digits=1)
    show_growth(found)
    show_span(bringup.MANY, *(found["span"][tree][bringup.MANY] for tree in ("base", "series")))
    for vcpus in (bringup.FEW, bringup.MANY):
        for kind in ("total", "free"):
            row(f"memory, {vcpus} vCPUs, {kind} (KiB)",
                *(found["memory"][tree][vcpus][kind] for tree in ("base", "series")))


SHOWN = {"power-on to init": show_power_on, "entry": show_entry, "footprint": show_footprint, "VM exits": show_exits,
         "bring-up": show_bringup}


def show(result):
    """Prints the table of what was measured."""
    heading()
    for part, print_part in SHOWN.items():
        if part in result:
            print_part(result[part])
