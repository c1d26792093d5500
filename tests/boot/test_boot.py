# SPDX-License-Identifier: GPL-2.0
"""Guests of QEMU started through the PVH entry: every setting is found again in what the guest reports.

The instruction counter drives the guest's clock (-icount), so that a busy test machine cannot disturb a
guest's timer calibration. The cases marked `threads` run without it: there vCPUs are threads and race, and
32-bit kernels, which bring up one CPU after the other, do not get stuck at the second one.
"""

import dataclasses
import re

import pytest

import figures
import memorymap
import qemu
import relocate
import stripped
from handover import GIB, log_of

MIB = 1 << 20
# The highest address of the kernel by the note PHYS32_RELOC: 4 GiB - 2 MiB - 1.
HIGHEST = (0xffdfffff).to_bytes(4, "little")
PAGE = 4096
ICOUNT = ["-icount", "shift=5,sleep=off"]
# A kernel that panics ends its machine at once (-no-reboot), instead of at the time limit.
APPEND = "console=ttyS0 quiet panic=-1"
QEMU_LOADER = 0xb
HOST_BRIDGE = {"q35": "0x29c0", "pc": "0x1237", "microvm": "none"}
# With 6 GiB, what QEMU places below 4 GiB: all that a 32-bit kernel without more than 4 GiB can use.
LOW_MEMORY = {"q35": 2048 * MIB, "pc": 3072 * MIB, "microvm": 3072 * MIB}
BITS = {"x86_64": 64, "x86_64-noxen": 64, "i386-pae": 32, "i386-nopae": 32, "debian-cloud": 64}
WITH_XEN = {"x86_64", "i386-pae"}
WITHOUT_SMP = {"i386-nopae"}
# Mainline's kernels of this configuration complain on microvm, too: see qemu.KNOWN.
CLOCK_JUMPS = {"debian-cloud"}
# What the stub says that it follows, as mainline's entry.
BOOT_PROTOCOL = "0x020c"


@dataclasses.dataclass
class Case:
    """One guest. acpi is yes, off (by the kernel's command line), none (by QEMU's microvm) or never (CONFIG_ACPI=n)."""
    kernel: str
    machine: str
    cpus: int
    memory: int
    acpi: str = "yes"
    initrd: bool = True
    cmdline: bool = True
    threads: bool = False

    def __str__(self):
        """The case's name in the test run."""
        words = [self.kernel, self.machine, f"{self.cpus}cpu", f"{self.memory}M", f"acpi={self.acpi}"]
        words += ["" if self.initrd else "noinitrd", "" if self.cmdline else "nocmdline"]
        return ",".join(word for word in [*words, "threads" if self.threads else ""] if word)

    def append(self):
        """The kernel's command line, or None."""
        if not self.cmdline:
            return None
        return APPEND + (" acpi=off" if self.acpi == "off" else "")

    def expected_memory(self):
        """The bytes that this kernel can use."""
        if BITS[self.kernel] == 64:
            return self.memory * MIB
        return min(self.memory * MIB, LOW_MEMORY[self.machine])


# acpi=off with several vCPUs needs an MP table: of QEMU's machines only microvm has one.
CASES = [
    Case("x86_64", "q35", 1, 256),
    Case("x86_64", "q35", 4, 6144, threads=True),
    Case("x86_64", "q35", 4, 256, cmdline=False),
    Case("x86_64", "q35", 1, 6144, acpi="off"),
    Case("x86_64", "pc", 4, 256, threads=True),
    Case("x86_64", "pc", 1, 256, acpi="off"),
    Case("x86_64", "microvm", 1, 256),
    Case("x86_64", "microvm", 4, 6144),
    Case("x86_64", "microvm", 4, 256, acpi="off"),
    Case("x86_64", "microvm", 1, 6144, acpi="none"),
    Case("x86_64-noxen", "q35", 1, 256, acpi="never", initrd=False),
    Case("x86_64-noxen", "pc", 1, 6144, acpi="never", initrd=False, cmdline=False),
    Case("x86_64-noxen", "microvm", 1, 256, acpi="never", cmdline=False),
    Case("x86_64-noxen", "microvm", 4, 6144, acpi="none", initrd=False, cmdline=False),
    Case("x86_64-noxen", "microvm", 4, 256, acpi="none", initrd=False),
    Case("i386-pae", "q35", 4, 256, threads=True),
    Case("i386-pae", "pc", 1, 6144, acpi="off"),
    Case("i386-pae", "pc", 4, 6144, cmdline=False, threads=True),
    Case("i386-pae", "microvm", 4, 6144),
    Case("i386-pae", "microvm", 1, 256, acpi="none", threads=True),
    Case("i386-nopae", "q35", 4, 6144, acpi="never", threads=True),
    Case("i386-nopae", "pc", 1, 256, acpi="never"),
    Case("i386-nopae", "microvm", 1, 256, acpi="never"),
]


def start(case, kernel, initrd):
    """Runs the guest of a case and returns its report."""
    machine = "microvm,acpi=off" if case.acpi == "none" else case.machine
    archive = initrd("initrd-i386" if BITS[case.kernel] == 32 else "initrd-x86_64") if case.initrd else None
    guest = qemu.Qemu(kernel(case.kernel), machine, case.cpus, f"{case.memory}M", archive, case.append(),
                      extra=[] if case.threads else ICOUNT, limit=180,
                      known=qemu.KNOWN.get(machine, ()) if case.kernel in CLOCK_JUMPS else ())
    return guest.run()[0]


def check_kernel(case, report):
    """The kernel is the one meant, and was started the way it was meant to be."""
    assert int(report["bits"]) == BITS[case.kernel]
    assert report["xen_kernel"] == ("yes" if case.kernel in WITH_XEN else "no")
    assert ("SMP" in report["version"]) == (case.kernel not in WITHOUT_SMP)
    assert int(report["loader"]) >> 4 == QEMU_LOADER
    assert report["boot_protocol"] == BOOT_PROTOCOL


def check_memory(case, report):
    """The kernel found all the memory that there is for it, and uses exactly what its map says, but for page 0."""
    expected, log = case.expected_memory(), log_of(report)
    limit = 1 << 52 if BITS[case.kernel] == 64 else 4 * GIB
    ram = [(max(start, PAGE), min(end, limit)) for start, end, kind in memorymap.table(log)
           if kind == memorymap.RAM and start < limit]
    assert expected - 2 * MIB < sum(end - start for start, end in ram) <= expected
    pages = sum(end // PAGE - -(-start // PAGE) for start, end in ram)
    (total,) = [int(found[1]) for found in (re.match(r"Memory: \d+K/(\d+)K available", line) for line in log) if found]
    assert total * 1024 == pages * PAGE
    if limit > 4 * GIB:
        assert int(report["ram_bytes"]) == sum(end - start for start, end in ram)


def check_handed_over(case, report):
    """Command line and initrd are exactly what the loader was given."""
    assert report["cmdline"] == (case.append() or "")
    arch = "i386" if BITS[case.kernel] == 32 else "x86_64"
    assert report["initrd"] == (f"initrd-{arch}" if case.initrd else "none")


def check_machine(case, report):
    """CPUs, ACPI and clocks of the machine work."""
    cpus = 1 if case.kernel in WITHOUT_SMP else case.cpus
    assert [int(report[key]) for key in ("cpus_online", "cpus_possible", "cpus_worked")] == [cpus] * 3
    assert report["acpi"] == ("yes" if case.acpi == "yes" else "no")
    assert report["host_bridge"] == HOST_BRIDGE[case.machine]
    assert report["hypervisor"] == "TCGTCGTCGTCG"
    assert 950 <= int(report["clock"]) <= 1050
    assert 200 <= int(report["sleep_ms"]) <= 1000


@pytest.mark.parametrize("case", CASES, ids=str)
def test_boot(case, kernel, initrd):
    report = start(case, kernel, initrd)
    for check in (check_kernel, check_memory, check_handed_over, check_machine):
        check(case, report)


@pytest.mark.long
@pytest.mark.parametrize("machine", ["q35", "pc", "microvm"])
def test_debian(machine, kernel, initrd):
    """A kernel with the configuration of Debian's cloud kernel: what users boot, with its options and size."""
    case = Case("debian-cloud", machine, 2, 512)
    report = start(case, kernel, initrd)
    check_handed_over(case, report)
    check_machine(case, report)


@pytest.mark.parametrize("machine", ["q35", "microvm"])
def test_bzimage(machine, kernel, initrd):
    """The Linux boot protocol works beside the PVH entry."""
    guest = qemu.Qemu(kernel("x86_64", "arch/x86/boot/bzImage"), machine, 1, "256M", initrd("initrd-x86_64"),
                      APPEND, ICOUNT)
    report = guest.run()[0]
    assert int(report["loader"]) >> 4 == QEMU_LOADER
    assert report["boot_protocol"] == "0x020f"
    assert report["initrd"] == "initrd-x86_64"
    assert report["cmdline"] == APPEND


@pytest.mark.parametrize("machine", ["q35", "microvm"])
@pytest.mark.parametrize("file", ["vmlinux", "arch/x86/boot/bzImage"], ids=["vmlinux", "bzImage"])
def test_xen_console_without_xen(file, machine, kernel, initrd):
    """The word for Xen's console does no harm where there is no Xen, whatever the entry."""
    append = f"earlyprintk=xen {APPEND}"
    guest = qemu.Qemu(kernel("x86_64", file), machine, 1, "256M", initrd("initrd-x86_64"), append, ICOUNT)
    assert guest.run()[0]["cmdline"] == append


@pytest.mark.parametrize("machine", ["q35", "microvm"])
def test_memory_of_bzimage(machine, kernel, initrd):
    """The entry costs no memory: MemTotal is that of the same kernel entered natively, to the kilobyte."""
    found = []
    for file in ("vmlinux", "arch/x86/boot/bzImage"):
        guest = qemu.Qemu(kernel("x86_64", file), machine, 1, "256M", initrd("initrd-x86_64"), APPEND + " nokaslr", ICOUNT)
        found.append(int(guest.run()[0]["mem_kib"]))
    assert found[0] == found[1]


@pytest.mark.parametrize("name", ["x86_64", "i386-pae"])
def test_nothing_stays(name, kernel):
    """All of the stub, but for its KUnit suite, lies in memory that the kernel frees after boot, or hands out."""
    symbols = figures.symbols(kernel(name))
    stub = {symbol for symbol in symbols if re.match(r"(__pi_)?pvh_(?!test_)", symbol)}
    assert len(stub) > 5
    stay = {symbol for symbol in stub if not symbols["__init_begin"] <= symbols[symbol] < symbols["__init_end"]
            and not symbols["__brk_base"] <= symbols[symbol] < symbols["_end"]}
    assert stay == set()


@pytest.mark.parametrize("words", stripped.WAYS)
def test_stripped(words, kernel, initrd, tmp_path):
    """What packagers do to a vmlinux leaves one segment of notes in it, with the entry, and it boots."""
    stripped.strip(words, kernel("x86_64"), tmp_path / "vmlinux")
    elf = relocate.Elf(tmp_path / "vmlinux")
    assert len(list(elf.iter_segments("PT_NOTE"))) == 1
    assert elf.pvh_entry() and elf.note(relocate.XEN_ELFNOTE_PHYS32_RELOC)
    guest = qemu.Qemu(tmp_path / "vmlinux", "microvm", 1, "256M", initrd("initrd-x86_64"), APPEND, ICOUNT)
    assert guest.run()[0]["initrd"] == "initrd-x86_64"


@pytest.mark.parametrize("distance,machine,memory", [
    (0x2000000, "microvm", "256M"), (0x6200000, "microvm", "256M"), (0xaf000000, "pc", "4400M")])
def test_relocated(distance, machine, memory, kernel, initrd, tmp_path):
    """A kernel that its loader puts elsewhere, up to 4 GiB by its note, runs there."""
    assert relocate.Elf(kernel("x86_64")).note(relocate.XEN_ELFNOTE_PHYS32_RELOC).n_descdata.endswith(HIGHEST)
    relocate.relocate(kernel("x86_64"), distance, tmp_path / "vmlinux")
    found = []
    for image in (kernel("x86_64"), tmp_path / "vmlinux"):
        guest = qemu.Qemu(image, machine, 1, memory, initrd("initrd-x86_64"), APPEND, ICOUNT)
        report = guest.run()[0]
        assert report["initrd"] == "initrd-x86_64"
        found.append(int(report["kernel_start"], 16))
    assert found[1] - found[0] == distance


@pytest.mark.parametrize("machine", ["q35", "microvm"])
def test_power_off(machine, kernel, initrd):
    """The guest ends its machine by itself."""
    guest = qemu.Qemu(kernel("x86_64"), machine, 1, "256M", initrd("initrd-x86_64"), "console=ttyS0 panic=-1", ICOUNT)
    guest.run(until_exit=True)
    assert guest.status == 0
    assert re.search(r"reboot: Power down", guest.console)


@pytest.mark.parametrize("machine", ["q35", "microvm"])
def test_reboot(machine, kernel, initrd):
    """The guest restarts its machine, and boots again through the PVH entry."""
    guest = qemu.Qemu(kernel("x86_64"), machine, 1, "256M", initrd("initrd-x86_64"),
                      f"{APPEND} pvh.then=reboot", [*ICOUNT, "-action", "reboot=reset"])
    for report in guest.run(reports=2):
        assert int(report["loader"]) >> 4 == QEMU_LOADER
