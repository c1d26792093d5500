# SPDX-License-Identifier: GPL-2.0
"""The fixes at the head of the series: each one's reproducer shows the fault without it, and none with it.

scripts/steps keeps the kernels before and after each patch that has a reproducer.
"""

import pathlib
import re

import pytest

import cases
import handover
import memorymap
import qemu
from handover import GIB, INITRDS, Launcher

KERNELS = qemu.BUILD / "steps/fixes/x86_64"
PATCHES = qemu.ROOT / "patches"
MACHINES = {"small": {"machine": "microvm", "memory": "256M"}, "big": {"machine": "pc", "memory": f"{cases.BIG_MIB}M"}}
# What the fixes are told by: their file names in patches/.
LONG_MAP = "memory-map-overrun"
FOUR_GIB = "Map-the-first-4-GiB"
UPPER_HALVES = "initrd-and-a-command-line-above-4"
TERMINATE = "Terminate-the-command-line"
OVERLAPS = "settling-overlaps"


def launch(patch, fixed, initrd, world, machine="small", files=()):
    """Runs the kernel with or without a fix on what is handed over; returns how it ended."""
    (path,) = [path for path in PATCHES.iterdir() if patch in path.name]
    number = int(path.name[:4]) - (not fixed)
    kernel = KERNELS / f"{number:04d}" / "vmlinux"
    assert kernel.is_file(), f"{kernel} does not exist: run scripts/steps"
    launcher = Launcher(kernel, initrd(INITRDS["x86_64"]), files=files, **MACHINES[machine])
    kind, said = handover.outcome(launcher.hand_over(world))
    return kind, said, launcher.guest


@pytest.mark.parametrize("fixed", [False, True])
def test_long_map(fixed, initrd):
    """Of 300 entries 44 are taken without the fix, 128 with it."""
    memmap = [*cases.MAP, *((GIB + index * 8192, 4096, 2) for index in range(296))]
    kind, report, guest = launch(LONG_MAP, fixed, initrd, cases.small(memmap))
    assert kind == "boot", guest.failure(kind)
    taken = memmap[:128 if fixed else 44]
    assert len(memorymap.table(handover.log_of(report))) in (len(memorymap.expected(taken)), len(taken))


@pytest.mark.parametrize("fixed", [False, True])
def test_overrun(fixed, initrd):
    """Of 160 entries more than boot_params has room for are taken without the fix."""
    memmap = [*cases.MAP, *((GIB + index * 8192, 4096, 2) for index in range(156))]
    kind, report, guest = launch(LONG_MAP, fixed, initrd, cases.small(memmap))
    assert kind == "boot", guest.failure(kind)
    found = len(memorymap.table(handover.log_of(report)))
    assert found <= 128 if fixed else found > 128


@pytest.mark.parametrize("fixed", [False, True])
def test_map_above_1_gib(fixed, initrd):
    """Without the fix that is a triple fault, with no word."""
    kind, _, guest = launch(FOUR_GIB, fixed, initrd, cases.big(memmap_at=0xb0000000), "big")
    assert kind == ("boot" if fixed else "silence"), guest.failure(kind)


@pytest.mark.parametrize("fixed", [False, True])
def test_command_line_above_4_gib(fixed, initrd):
    """Without the fix the kernel takes what is 4 GiB below for its command line."""
    kind, report, guest = launch(UPPER_HALVES, fixed, initrd, cases.big(cmdline=cases.ABOVE_4_GIB), "big")
    assert kind == "boot", guest.failure(kind)
    assert (report["cmdline"] == handover.APPEND) == fixed


@pytest.mark.parametrize("fixed", [False, True])
def test_initrd_above_4_gib(fixed, initrd):
    """Without the fix the kernel does not find it."""
    archive = initrd(INITRDS["x86_64"])
    address = 4 * GIB + 64 * handover.MIB
    world = cases.big(modules=[(address, pathlib.Path(archive).stat().st_size, 0, 0)])
    kind, report, guest = launch(UPPER_HALVES, fixed, initrd, world, "big", [(archive, address)])
    assert kind == ("boot" if fixed else "kernel"), guest.failure(kind)
    assert not fixed or report["initrd"] == INITRDS["x86_64"]


@pytest.mark.parametrize("fixed", [False, True])
def test_long_command_line(fixed, initrd):
    """Without the fix it goes on with what comes behind it in the kernel's data, or lacks its end."""
    words = handover.APPEND + " " + "x" * 3000
    kind, report, guest = launch(TERMINATE, fixed, initrd, cases.small(append=words.encode() + b"\0"))
    assert kind == "boot", guest.failure(kind)
    warned = any("Command line too long" in line for line in handover.log_of(report))
    assert warned == fixed
    if fixed:
        assert report["cmdline"] == words[:2047]
    else:
        assert len(report["cmdline"]) > 2047


@pytest.mark.parametrize("fixed", [False, True])
def test_many_overlaps(fixed, initrd):
    """Without the fix the kernel does not say what it lost when entries that overlap have cut its table to pieces."""
    memmap = [*cases.MAP, *((128 * handover.MIB + index * 8192, 4096, 2) for index in range(100))]
    kind, report, guest = launch(OVERLAPS, fixed, initrd, cases.small(memmap))
    assert kind == "boot", guest.failure(kind)
    log = handover.log_of(report)
    assert len(memorymap.table(log)) < len(memorymap.expected(memmap))
    assert (memorymap.missing(memmap, log) == []) == fixed


def test_every_fix(initrd):
    """No patch with a reproducer goes untested."""
    names = [path.name for path in sorted(PATCHES.glob("*.patch"))
             if re.search("^Reproducer: ", path.read_text(), re.M)]
    tested = [LONG_MAP, FOUR_GIB, UPPER_HALVES, TERMINATE, OVERLAPS]
    assert [any(part in name for part in tested) for name in names] == [True] * len(tested)
