# SPDX-License-Identifier: GPL-2.0
"""Whatever a loader hands over: the guest boots on exactly that, or the stub says what is wrong with it."""

import dataclasses
import re
import subprocess

import pytest

import cases
import figures
import handover
import memorymap
import qemu
import relocate
import stub
from handover import INITRDS, Launcher

# With and without CONFIG_BLOCK.
NO_ROOT = re.compile("Unable to mount root fs|No working init found")
MIB = 1 << 20
PAGE = 4096
MACHINES = {"small": {"machine": "microvm", "memory": "256M"},
            "top": {"machine": f"pc,max-ram-below-4g={cases.TOP_MIB + 1}M", "memory": f"{cases.TOP_MIB}M"},
            "big": {"machine": "pc", "memory": f"{cases.BIG_MIB}M"}}
# How many ranges a kernel's table has room for: E820_MAX_ENTRIES, by its NUMA nodes. The kernel itself adds two, the ISA
# area and page 0.
OWN = 2
ROOM = {"x86_64": 131, "i386-pae": 131, "x86_64-noxen": 128 + 3 * 1024}
MISALIGNED = (0x100000, 0x2001000)


def bits(name):
    """The word size of a kernel."""
    return 64 if name.startswith("x86_64") else 32


def kernel_range(kernel):
    """Physical addresses of the first byte of a kernel's image and of that after its .brk."""
    symbols = subprocess.run(["nm", kernel], capture_output=True, text=True, check=True).stdout
    start, end = (int(re.search(rf"^(\w+) \w {name}$", symbols, re.M)[1], 16) for name in ("_text", "_end"))
    physical = figures.physical(kernel, "_text")
    return physical, physical + end - start


def check_error(launcher, name):
    """The line is all that the guest said, once, on port 0xe9 and on COM1, and it has halted."""
    guest = launcher.guest
    for said in (guest.debugcon, guest.console):
        # The firmware may have said something before on the serial port, but no line of the stub's.
        assert said.count("pvh: ") == 1, guest.failure(f"not one line: {said!r}")
        assert said.endswith(f"pvh: {stub.messages()[name]}\n"), guest.failure(f"not the words: {said!r}")
    assert launcher.halted, guest.failure("it has not halted")


def check_no_root(guest):
    """The kernel came as far as missing its initrd."""
    assert handover.outcome(guest)[0] == "kernel", guest.failure("it did not miss its initrd")
    assert NO_ROOT.search(guest.console), guest.failure("it did not miss its initrd")


def usable(ranges, name):
    """The bytes of RAM that a kernel uses: not page 0, and with 32 bits nothing above 4 GiB."""
    limit = 4 * handover.GIB if bits(name) == 32 else 1 << 52
    return sum(max(0, min(end, limit) - max(start, PAGE)) for start, end, kind in ranges if kind == memorymap.RAM)


def check_memory(guest, memmap, report, name):
    """The kernel's map is what was handed over, entry by entry, as far as its table has room: it names the rest."""
    log = handover.log_of(report)
    wanted, found, lost = memorymap.expected(memmap), memorymap.table(log), memorymap.lost(log)
    if len(memmap) + OWN <= ROOM[name]:
        assert lost == [], guest.failure("memory was lost")
        assert found == wanted, guest.failure("another memory map")
    else:
        assert lost, guest.failure("nothing was lost")
        assert memorymap.missing(memmap, log) == [], guest.failure("nobody knows where these are")
        assert [entry for entry in found if entry not in wanted] == [], guest.failure("made up")
    if bits(name) == 64:
        assert int(report["ram_bytes"]) == usable(found, name), guest.failure("the kernel uses other memory")


def check_boot(case, world, guest, name):
    """The guest's report shows everything that it was handed over, and its kernel is content."""
    kind, report = handover.outcome(guest)
    assert kind == "boot", guest.failure(f"{kind}: {report}")
    guest.check_alarms()
    check_memory(guest, world.memmap, report, name)
    assert report["initrd"] == INITRDS[name]
    if case.cmdline is not None:
        assert report["cmdline"] == case.cmdline


def initrd_at(case, initrd):
    """Where the case has the initrd loaded, None if that is left to QEMU."""
    return case.initrd_end - initrd.stat().st_size if case.initrd_end else case.initrd_at


def world_of(case, kernel, initrd):
    """The case's World, with the initrd's place and size where it leaves that open."""
    world = case.make(*kernel_range(kernel))
    size = initrd.stat().st_size
    modules = [(initrd_at(case, initrd), size, 0, 0)] if case.initrd_end else world.modules
    return dataclasses.replace(world, modules=[
        module and (module[0], size if module[1] is None else module[1], *module[2:]) for module in modules])


def kernels_for(case):
    """The kernels that a case is run with."""
    return ["x86_64", "i386-pae", *(["x86_64-noxen"] if case.numa else [])]


@pytest.mark.parametrize("case,name", [pytest.param(case, name, id=f"{case}-{name}")
                                       for case in cases.tests() for name in kernels_for(case)])
def test_case(case, name, kernel, initrd):
    path, archive = kernel(name), initrd(INITRDS[name])
    world = world_of(case, path, archive)
    at = initrd_at(case, archive)
    files = [(archive, at)] if at else []
    launcher = Launcher(path, archive, files=files, **MACHINES[case.machine])
    guest = launcher.hand_over(world)
    error = case.expected_error(bits(name))
    if error:
        check_error(launcher, error)
    elif not case.initrd:
        check_no_root(guest)
    else:
        check_boot(case, world, guest, name)


def test_no_long_mode(kernel, initrd):
    """A 64-bit kernel on a 32-bit CPU."""
    launcher = Launcher(kernel("x86_64"), initrd(INITRDS["x86_64"]), "pc", extra=[*handover.ICOUNT, "-cpu", "qemu32"])
    launcher.launch(lambda debugger: None)
    check_error(launcher, "NO_LONG_MODE")


@pytest.mark.parametrize("name,distance", [*[("x86_64", distance) for distance in MISALIGNED],
                                           *[("i386-pae", distance) for distance in (0x1000, 0x400000)]])
def test_load_address(name, distance, kernel, initrd, tmp_path):
    """A kernel where it cannot run: off 2 MiB, or with 32 bits anywhere but where it was linked."""
    relocate.relocate(kernel(name), distance, tmp_path / "vmlinux")
    launcher = Launcher(tmp_path / "vmlinux", initrd(INITRDS[name]))
    launcher.launch(lambda debugger: None)
    check_error(launcher, "BAD_LOAD_ADDR")


@pytest.mark.parametrize("name,native", [("x86_64", "startup_64"), ("i386-pae", "startup_32")])
@pytest.mark.parametrize("count", [127, 300])
def test_untouched(name, native, count, kernel, initrd):
    """At the native entry low memory is as the loader left it, but for its memory map, if that was too long."""
    path, world = kernel(name), cases.small(cases.pieces(count))
    before, after = {}, {}

    def look(debugger):
        world.write(debugger)
        before.update(enumerate(debugger.read(0, 0xa0000)))
        debugger.run_to(figures.physical(path, native))
        after.update(enumerate(debugger.read(0, 0xa0000)))
    Launcher(path, initrd(INITRDS[name])).launch(look)
    changed = [at for at, value in after.items() if value != before[at]]
    if count == 127:
        assert changed == []
    else:
        assert world.memmap_at <= min(changed) and max(changed) < world.memmap_at + 24 * count


def test_every_message():
    """No message of the stub goes untested."""
    tested = {error for case in cases.tests() for error in (case.error, case.error32) if error}
    assert set(stub.messages()) == stub.codes() == tested | {"NO_LONG_MODE", "BAD_LOAD_ADDR"}
    assert len({str(case) for case in cases.tests()}) == len(cases.tests()) >= 40


def disks_of(count, legacy):
    """QEMU's options for so many disks, eight functions a slot of the PCI bus."""
    for disk in range(count):
        yield from ("-drive", f"if=none,id=d{disk},driver=null-co,size=1M", "-device", f"virtio-blk-pci,drive=d{disk},"
                    f"disable-legacy={legacy},multifunction=on,addr={2 + disk // 8:#x}.{disk % 8}")


@pytest.mark.parametrize("disks,legacy", [(0, "off"), (16, "off"), (40, "on"), *[
    pytest.param(disks, legacy, marks=pytest.mark.long)
    for disks, legacy in [(16, "on"), (17, "off"), (17, "on"), (40, "off"), (100, "off"), (100, "on")]]])
def test_initrd_in_reserved_memory(disks, legacy, kernel, initrd, tmp_path):
    """With many disks SeaBIOS reserves memory where QEMU has put the initrd: the kernel moves it."""
    archive = tmp_path / "initrd"
    data = initrd(INITRDS["x86_64"]).read_bytes()
    archive.write_bytes(data + bytes(40 * MIB - len(data)))
    extra = [*handover.ICOUNT, *disks_of(disks, legacy)]
    guest = qemu.Qemu(kernel("x86_64"), "q35", 1, "256M", archive, handover.APPEND, extra)
    report = guest.run()[0]
    assert report["initrd"] == INITRDS["x86_64"]
    moved = any("Move RAMDISK" in line for line in handover.log_of(report))
    assert moved == (disks > 0), guest.failure("moved, although nothing is in its place" if moved else "not moved")
