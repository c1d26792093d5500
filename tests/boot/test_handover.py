# SPDX-License-Identifier: GPL-2.0
"""Whatever a loader hands over: the guest boots on exactly that, or the stub names what is wrong with it."""

import re
import subprocess

import pytest

import cases
import figures
import handover
import memorymap
from handover import INITRDS, Launcher

NO_ROOT = "Unable to mount root fs"
MACHINES = {"small": {"machine": "microvm", "memory": "256M"},
            "top": {"machine": f"pc,max-ram-below-4g={cases.TOP_MIB + 1}M", "memory": f"{cases.TOP_MIB}M"},
            "big": {"machine": "pc", "memory": f"{cases.BIG_MIB}M"}}


def kernel_range(kernel):
    """Physical addresses of the first byte of a kernel's image and of that after its .brk."""
    symbols = subprocess.run(["nm", kernel], capture_output=True, text=True, check=True).stdout
    start, end = (int(re.search(rf"^(\w+) \w {name}$", symbols, re.M)[1], 16) for name in ("_text", "_end"))
    physical = figures.physical(kernel, "_text")
    return physical, physical + end - start


def check_error(guest, line):
    """The line is all that the guest said, and it said so on port 0xe9 and on COM1."""
    for said in (guest.debugcon, guest.console):
        assert re.fullmatch(f"xen-pvh: error {line}", said.strip()), guest.failure(f"not the words: {line}")


def check_no_root(guest):
    """The kernel came as far as missing its initrd."""
    assert handover.outcome(guest)[0] == "kernel", guest.failure("it did not miss its initrd")
    assert NO_ROOT in guest.console, guest.failure("it did not miss its initrd")


def check_memory(guest, memmap, log):
    """The kernel's map is what was handed over, entry by entry."""
    wanted, found = memorymap.expected(memmap), memorymap.table(log)
    assert memorymap.lost(log) == [], guest.failure("memory was lost")
    assert found == wanted, guest.failure("another memory map")


def check_boot(case, world, guest, initrd):
    """The guest's report shows everything that it was handed over."""
    kind, report = handover.outcome(guest)
    assert kind == "boot", guest.failure(f"{kind}: {report}")
    log = handover.log_of(report)
    check_memory(guest, case.memmap or world.memmap, log)
    assert report["initrd"] == initrd
    if case.cmdline is not None:
        assert report["cmdline"] == case.cmdline
    warnings = [line.partition("xen-pvh: warning ")[2] for line in log if line.startswith("Boot loader: ")]
    assert warnings == list(case.warnings), guest.failure("other warnings")
    assert not case.log or case.log in log, guest.failure(f"the log lacks: {case.log}")


def world_of(case, kernel, initrd):
    """The case's World, with the size of the initrd where it leaves that open."""
    world = case.make(*kernel_range(kernel))
    size = initrd.stat().st_size
    world.modules = [module and (module[0], size if module[1] is None else module[1], *module[2:])
                     for module in world.modules]
    return world


def kernels_for(case):
    """The kernels that a case is run with."""
    return ["x86_64", "i386-pae", "x86_64-noxen"] if case.error64 and case.error32 else ["x86_64", "i386-pae"]


@pytest.mark.parametrize("case,name", [pytest.param(case, name, id=f"{case}-{name}")
                                       for case in cases.tests() for name in kernels_for(case)])
def test_case(case, name, kernel, initrd):
    initrd_name = INITRDS["i386-pae" if name == "i386-pae" else "x86_64"]
    path, archive = kernel(name), initrd(initrd_name)
    world = world_of(case, path, archive)
    files = [(archive, case.initrd_at)] if case.initrd_at else []
    guest = Launcher(path, archive, files=files, **MACHINES[case.machine]).hand_over(world)
    error = case.expected_error(name)
    if error:
        check_error(guest, error)
    elif not case.initrd:
        check_no_root(guest)
    else:
        check_boot(case, world, guest, initrd_name)


def test_no_long_mode(kernel, initrd):
    """A 64-bit kernel on a 32-bit CPU."""
    launcher = Launcher(kernel("x86_64"), initrd(INITRDS["x86_64"]), "pc", extra=["-cpu", "qemu32"])
    check_error(launcher.launch(lambda debugger: None), "08: CPU: no long mode")


def test_every_number():
    """No error and no warning that the stub knows goes untested."""
    header = (handover.qemu.ROOT / "arch/x86/xen/xen-pvh/pvh.h").read_text()
    errors, warnings = ({int(number) for number in re.findall(r"= (\d+),", body)} - {0}
                        for body in re.findall(r"^enum pvh_(?:error|warning) \{(.*?)^\}", header, re.M | re.S))
    tested = {int(error[:2]) for case in cases.tests() for error in (case.error, case.error64, case.error32) if error}
    assert errors == tested | {8}
    assert warnings == {int(warning[:2]) for case in cases.tests() for warning in case.warnings}
    assert len({str(case) for case in cases.tests()}) == len(cases.tests()) >= 80
