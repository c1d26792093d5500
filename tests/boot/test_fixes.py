# SPDX-License-Identifier: GPL-2.0
"""The fixes at the head of the series: each one's reproducer shows the fault without it, and none with it.

scripts/steps --all keeps the kernels without and with each patch.
"""

import contextlib
import pathlib
import re

import pytest

import cases
import handover
import memorymap
import qemu
import relocate
from debugger import connect
from handover import GIB, ICOUNT, INITRDS, Launcher

KERNELS = qemu.BUILD / "steps/fixes/x86_64"
PATCHES = qemu.ROOT / "patches"
MACHINES = {"small": {"machine": "microvm", "memory": "256M"}, "big": {"machine": "pc", "memory": f"{cases.BIG_MIB}M"}}
# What the fixes are told by: parts of their file names in patches/.
LONG_MAP = "Limit-the-memory-map"
FOUR_GIB = "Map-the-first-4-GiB"
UPPER_HALVES = "64-bit-addresses-of-the-initrd"
TERMINATE = "Terminate-the-command-line"
MID_PAGE_INITRD = "freeing-an-initrd-that-starts-in-m"
XEN_CONSOLE = "early-consoles-check-for-Xen"
MASK_PIC = "Mask-the-PIC"
NO_APIC_TIMER = "local-APIC-timer-is-disabled"
NO_TIMER = "Report-a-missing-timer-interrupt"
NO_CONFIG = "local-APIC-timer-in-virtual-wire"
NO_RTC = "there-is-no-CMOS-RTC"
NO_INTERRUPT = "No timer interrupt to calibrate the delay loop"
# Patches with a reproducer that other tests show.
ELSEWHERE = {"vCPUs-added-to-a-PVH-domain": "tests/xen/test_hotplug.py", "PIT-that-does-not-exist": "test_nopit.py"}

# An initrd that does not start on a page.
MID_PAGE = 0x4000123
# Where QEMU's qboot puts the MP table, and nothing to be there.
MP_TABLE = (0x9fc00, bytes(1024))
# Port writes: PIT channel 0 counts from 65536; the PIC is reset to vector base 0, with every line unmasked.
RESET_PIC = [(0x43, 0x34), (0x40, 0), (0x40, 0), (0x20, 0x11), (0x21, 0), (0x21, 4), (0x21, 1), (0x21, 0)]
# movl $0x1ff, 0xfee000f0; movl $0x700, 0xfee00350; jmp: enable the local APIC, LINT0 as ExtINT.
VIRTUAL_WIRE, CODE_AT, RIP = bytes.fromhex("c705f000e0feff010000c7055003e0fe00070000e9"), 0x7000, 0x10


def number_of(patch):
    """The number of a patch in the series."""
    (path,) = [path for path in PATCHES.iterdir() if patch in path.name]
    return int(path.name[:4])


@pytest.fixture
def kernel_of():
    """kernel_of(PATCH, FIXED): the kernel with or without a fix."""
    def find(patch, fixed):
        path = KERNELS / f"{number_of(patch) - 1 + fixed:04d}" / "vmlinux"
        assert path.is_file(), f"{path} does not exist: run scripts/steps --all"
        return path
    return find


@pytest.fixture
def launch(kernel_of, initrd):
    """launch(PATCH, FIXED, WORLD): runs the kernel on what is handed over, and tells how it ended."""
    def run(patch, fixed, world, machine="small", files=()):
        launcher = Launcher(kernel_of(patch, fixed), initrd(INITRDS["x86_64"]), files=files, **MACHINES[machine])
        kind, said = handover.outcome(launcher.hand_over(world))
        return kind, said, launcher.guest
    return run


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_long_map(fixed, launch):
    """Of 300 entries 44 are taken without the fix, 128 with it."""
    memmap = [*cases.MAP, *((GIB + index * 8192, 4096, 2) for index in range(296))]
    kind, report, guest = launch(LONG_MAP, fixed, cases.small(memmap))
    assert kind == "boot", guest.failure(kind)
    taken = memmap[:128 if fixed else 44]
    assert len(memorymap.table(handover.log_of(report))) in (len(memorymap.expected(taken)), len(taken))


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_overrun(fixed, launch):
    """Of 160 entries more than boot_params has room for are taken without the fix."""
    memmap = [*cases.MAP, *((GIB + index * 8192, 4096, 2) for index in range(156))]
    kind, report, guest = launch(LONG_MAP, fixed, cases.small(memmap))
    assert kind == "boot", guest.failure(kind)
    found = len(memorymap.table(handover.log_of(report)))
    assert found <= 128 if fixed else found > 128


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_map_above_1_gib(fixed, launch):
    """Without the fix that is a triple fault, with no word."""
    kind, _, guest = launch(FOUR_GIB, fixed, cases.big(memmap_at=0xb0000000), "big")
    assert kind == ("boot" if fixed else "silence"), guest.failure(kind)


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_command_line_above_4_gib(fixed, launch):
    """Without the fix the kernel takes what is 4 GiB below for its command line."""
    kind, report, guest = launch(UPPER_HALVES, fixed, cases.big(cmdline=cases.ABOVE_4_GIB), "big")
    assert kind == "boot", guest.failure(kind)
    assert (report["cmdline"] == handover.APPEND) == fixed


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_initrd_above_4_gib(fixed, launch, initrd):
    """Without the fix the kernel does not find it."""
    archive = initrd(INITRDS["x86_64"])
    address = 4 * GIB + 64 * handover.MIB
    world = cases.big(modules=[(address, pathlib.Path(archive).stat().st_size, 0, 0)])
    kind, report, guest = launch(UPPER_HALVES, fixed, world, "big", [(archive, address)])
    assert kind == ("boot" if fixed else "kernel"), guest.failure(kind)
    assert not fixed or report["initrd"] == INITRDS["x86_64"]


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_long_command_line(fixed, launch):
    """Without the fix it goes on with what comes behind it in the kernel's data, or lacks its end."""
    words = handover.APPEND + " " + "x" * 3000
    kind, report, guest = launch(TERMINATE, fixed, cases.small(append=words.encode() + b"\0"))
    assert kind == "boot", guest.failure(kind)
    if fixed:
        assert report["cmdline"] == words[:2047]
    else:
        assert len(report["cmdline"]) > 2047


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_initrd_in_mid_page(fixed, launch, initrd):
    """Without the fix freeing it is a warning, here fatal."""
    archive = initrd(INITRDS["x86_64"])
    world = cases.small(modules=[(MID_PAGE, pathlib.Path(archive).stat().st_size, 0, 0)],
                        append=b"console=ttyS0 panic=-1 panic_on_warn=1\0")
    kind, _, guest = launch(MID_PAGE_INITRD, fixed, world, files=[(archive, MID_PAGE)])
    assert kind == ("boot" if fixed else "kernel"), guest.failure(kind)
    assert fixed == ("free_init_pages" not in guest.console)


def boots(kernel, initrd, machine, words, extra=(), limit=180, last_words=None):
    """Whether the guest reports, and its console: up to these words, if there are any."""
    guest = qemu.Qemu(kernel, machine, initrd=initrd(INITRDS["x86_64"]), append=words, extra=extra, limit=limit)
    guest.last_words = last_words or guest.last_words
    try:
        guest.run()
    except qemu.GuestError:
        return False, guest.console
    return True, guest.console


@pytest.mark.long
@pytest.mark.parametrize("word", ["earlyprintk=xen", "earlycon=xenboot"])
@pytest.mark.parametrize("fixed", [False, True])
def test_xen_console_without_xen(fixed, word, kernel_of, initrd):
    """Without the fix a hypercall without a hypervisor halts the CPU before the first output."""
    booted, console = boots(kernel_of(XEN_CONSOLE, fixed), initrd, "q35", f"{word} console=ttyS0 panic=-1", ICOUNT,
                            180 if fixed else 15)
    assert booted == fixed, console
    assert fixed or "Linux version" not in console


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_disabled_apic_timer(fixed, kernel_of, initrd):
    """Without the fix nothing ticks if the deadline timer is disabled, and init waits forever.

    With tsc_early_khz=, since calibrating the TSC can fail on a busy computer: then the kernel always uses the PIT.
    """
    words = "console=ttyS0 panic=-1 noapictimer setcpuid=tsc_deadline_timer,arat tsc_early_khz=2000000"
    booted, console = boots(kernel_of(NO_APIC_TIMER, fixed), initrd, "pc,hpet=off", words, ["-cpu", "max"],
                            180 if fixed else 20)
    assert booted == fixed, console
    assert "TSC deadline timer available" in console and "Disabling APIC timer" in console


@pytest.mark.long
def test_no_timer(kernel_of, initrd):
    """A guest without a TSC frequency and without a tick says so; without the fix it waits in silence.

    The TSC is far too fast for the loop that measures it against the PIT, which reduced hardware leaves alone.
    """
    for fixed in (False, True):
        booted, console = boots(kernel_of(NO_TIMER, fixed), initrd, "microvm", "console=ttyS0 panic=-1",
                                ["-icount", "shift=10,sleep=off"], 300 if fixed else 20, NO_INTERRUPT)
        assert not booted, console
        assert (NO_INTERRUPT in console) == fixed, console


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_no_mp_table(fixed, kernel_of, initrd):
    """Without PIT, ACPI and an MP table, here overwritten, nothing ticks without the fix, and init waits forever."""
    launcher = Launcher(kernel_of(NO_CONFIG, fixed), initrd(INITRDS["x86_64"]), machine="microvm,acpi=off,pit=off",
                        append="console=ttyS0 panic=-1 tsc_early_khz=1000000", extra=[*ICOUNT, "-cpu", "max"])
    with contextlib.nullcontext() if fixed else pytest.raises(qemu.GuestError, match="neither a report"):
        launcher.launch(lambda debugger: debugger.write(*MP_TABLE))
    console = launcher.guest.console
    assert "ACPI MADT or MP tables are not detected" in console
    assert ("pvh-report: end" in console) == fixed, console


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_no_rtc(fixed, kernel_of, initrd):
    """Without the fix the kernel polls an RTC that is not there for a second each time, and registers it."""
    booted, console = boots(kernel_of(NO_RTC, fixed), initrd, "microvm,rtc=off", "console=ttyS0 panic=-1", ICOUNT)
    assert booted, console
    for words in ("Unable to read current time from RTC", "registered fallback platform RTC device"):
        assert (words in console) != fixed, console


def reset_pic(monitor):
    """Does it by QEMU's monitor."""
    words = connect(monitor)
    for port, value in RESET_PIC:
        words.sendall(f"o /b {port:#x} {value:#x}\n".encode())
        answer = b""
        while not answer.endswith(b"(qemu) ") or b"\n" not in answer:
            answer += words.recv(4096)


def enter_by_virtual_wire(debugger, entry):
    """Makes the guest run some code that enables LINT0 before it enters the kernel."""
    jump = (entry - CODE_AT - len(VIRTUAL_WIRE) - 4) & 0xffffffff
    debugger.write(CODE_AT, VIRTUAL_WIRE + jump.to_bytes(4, "little"))
    debugger.ask("qXfer:features:read:target.xml:0,100")
    assert debugger.ask(f"P{RIP:x}={CODE_AT.to_bytes(8, 'little').hex()}") == "OK"


@pytest.mark.long
@pytest.mark.parametrize("fixed", [False, True])
def test_pic_left_alone(fixed, kernel_of, initrd, tmp_path):
    """Without the fix a PIC in its reset state raises vector 0 in hardware-reduced mode."""
    kernel, monitor = kernel_of(MASK_PIC, fixed), tmp_path / "monitor"
    launcher = Launcher(kernel, initrd(INITRDS["x86_64"]), append="earlyprintk=ttyS0 console=ttyS0 panic=-1", extra=[
        "-icount", "shift=8,sleep=off", "-monitor", f"unix:{monitor},server=on,wait=off"])

    def change(debugger):
        reset_pic(monitor)
        enter_by_virtual_wire(debugger, relocate.Elf(kernel).pvh_entry())
    console = launcher.launch(change).console
    assert ("divide error" not in console) == fixed == ("pvh-report: end" in console)


def test_every_fix():
    """No patch with a reproducer goes untested."""
    names = [path.name for path in sorted(PATCHES.glob("*.patch"))
             if re.search("^Reproducer: ", path.read_text(), re.M)]
    tested = [LONG_MAP, FOUR_GIB, UPPER_HALVES, TERMINATE, MID_PAGE_INITRD, XEN_CONSOLE, MASK_PIC,
              NO_APIC_TIMER, NO_TIMER, NO_CONFIG, NO_RTC, *ELSEWHERE]
    assert [name for name in names if not any(part in name for part in tested)] == []
    assert len(names) == len(tested)
