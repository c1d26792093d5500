# SPDX-License-Identifier: GPL-2.0
"""What the kernel's native path makes of a PVH domain, however it was entered, with ACPI and without.

Entered by the PVH stub, or by GRUB, which starts the kernel's native entry inside a PVH domain. Every case of the
matrix looks at CPUs, interrupts between them, clocks and the way the domain ends.
"""

import pytest

import emulated
import grub
from domu import ACPI, CRASH, HVC, POWEROFF, REBOOT, XEN_LOADER, boot, check_basics, check_cpus, config

MIB = 192
SECONDS, TOLERANCE = 10, 0.05
# Both come from Xen's; between them is a console.
WALL_CLOCK_TOLERANCE = 1
REASONS = {"poweroff": POWEROFF, "halt": POWEROFF, "reboot": REBOOT, "crash": CRASH}

# Each way to end is taken with ACPI and without its use, on one of the releases at first. A kernel without its code is
# one of those that make long builds.
MATRIX = [("stub", 1, "poweroff"), ("stub", 4, "reboot"), ("grub", 1, "crash"), ("grub", 4, "halt")]
CASES = [pytest.param(acpi, *case, marks=pytest.mark.long if acpi == "never" else
                      pytest.mark.first(("4.17", "4.20")[(row + column) % 2]))
         for row, acpi in enumerate(ACPI) for column, case in enumerate(MATRIX)]


def settings(host, name, entry, ending, vcpus, words):
    """xl's configuration; the stub is in vmlinux, and what GRUB starts is a bzImage."""
    if entry == "stub":
        return config("pvh", f"vmlinux{ending}", vcpus, MIB, extra=words)
    return grub.settings(host, name, ending, vcpus, MIB, words)


def watch(domain):
    """Has dom0 note its own clock at the beats of a domain that is not running yet."""
    domain.host.run(f"setsid sh /payload/watch {domain.name} /tmp/{domain.name}.beats >/dev/null 2>&1 &")


def check_clocks(domain):
    """The guest waited as long as it meant to, by its own clocks and by dom0's; it knows what time it is."""
    noted = [float(line) for line in domain.host.run(f"cat /tmp/{domain.name}.beats").split()]
    mono, real = zip(*[map(float, domain.facts[f"beat.{number}"].split()) for number in (0, 1)])
    for begin, end in (noted, mono, real):
        assert abs(end - begin - SECONDS) < SECONDS * TOLERANCE, (noted, mono, real)
    assert abs(noted[0] - real[0]) < WALL_CLOCK_TOLERANCE, domain.explain(f"dom0's clock said {noted}, its own {real}")
    assert domain.facts["clocksource"] in ("xen", "tsc")
    print(f"clocksource {domain.facts['clocksource']}; of {SECONDS} s the guest took {mono[1] - mono[0]:.3f}, "
          f"dom0 saw {noted[1] - noted[0]:.3f}")


@pytest.mark.parametrize("acpi,entry,vcpus,end", CASES)
def test_pvh(host, acpi, entry, vcpus, end):
    """A PVH domain boots, works and ends as it should."""
    run(host, acpi, entry, *ACPI[acpi], vcpus, end)


@pytest.mark.skipif(emulated.QEMU == "qemu-system-x86_64", reason="needs the emulator of tests/rig/xen/build-qemu")
@pytest.mark.parametrize("acpi,entry,vcpus,end", [
    pytest.param("off", "stub", 4, "poweroff", marks=pytest.mark.first("4.20"), id="vmlinux32-off"),
    pytest.param("off", "grub", 4, "crash", marks=pytest.mark.first("4.17"), id="vmlinux32-off-grub"),
    pytest.param("acpi", "grub", 1, "reboot", marks=pytest.mark.first("4.20"), id="vmlinux32-grub")])
def test_pvh_32bit(host, acpi, entry, vcpus, end):
    """The same of the 32-bit kernel."""
    run(host, acpi, entry, "32", ACPI[acpi][1], vcpus, end)


def run(host, acpi, entry, ending, words, vcpus, end):
    """One case: the domain's life, then all that is known of it."""
    name = f"{acpi}{ending}-{entry}-{vcpus}"
    made = settings(host, name, entry, ending, vcpus,
                    f"{HVC}{words} pvh.cpus=1 pvh.clock={SECONDS} pvh.then={end}")
    domain = boot(host, name, made, watch, REASONS[end])
    check_basics(domain, made, "PVH")
    assert int(domain.facts["loader"]) >> 4 == {"stub": XEN_LOADER, "grub": grub.LOADER}[entry]
    assert domain.facts["acpi"] == ("yes" if acpi == "acpi" else "no")
    assert domain.device_models == []
    check_clocks(domain)
    check_cpus(domain, vcpus)
    host.run(f"rm -r /tmp/{name}*")


@pytest.mark.parametrize("entry", [pytest.param("stub", marks=pytest.mark.first("4.20")),
                                   pytest.param("grub", marks=pytest.mark.first("4.17"))])
def test_nopv(host, entry):
    """A PVH domain has nothing but PV to run on, so this word has no effect, and the log says so."""
    name = f"nopv-{entry}"
    made = settings(host, name, entry, "", 1, "console=hvc0 panic=-1 nopv")
    domain = boot(host, name, made)
    check_basics(domain, made, "PVH")
    assert '"nopv" parameter is ignored' in domain.log
    host.run(f"rm -r /tmp/{name}*")
