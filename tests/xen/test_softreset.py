# SPDX-License-Identifier: GPL-2.0
"""Another kernel in a PVH domain with the help of Xen's tools: a soft reset, by xl with tests/rig/xen/libxl-*.patch.

The first kernel is mainline's, which asks for a soft reset at kexec, and at a panic with a crash kernel loaded; so does
this series' with a vCPU that has no place in the shared info page. The tools of the releases destroy such a domain.
With the fix the second kernel, this series', comes up in the same domain, and has disk, network and console again.
"""

import pathlib
import subprocess
import time

import pytest

import domu
import hvm
import kexec
import life
import payload
import qemu
import xenhost
from domu import HVC, POWEROFF, SOFT_RESET

pytestmark = pytest.mark.long

MIB, CRASH_MIB, PAGES = 512, 160, 4096
MANY = 33
KEXEC_LOADER = 0xd
# Mainline's kernels. vmlinux-base has devices, and puts its grant table in the place of memory, which the next kernel
# would miss; a crash kernel has memory of its own. bzImage-base puts it where there is no memory.
FIRST = {"vmlinux-base": ("x86_64", "vmlinux"), "bzImage-base": ("debian-cloud", "arch/x86/boot/bzImage")}
# dom0's programs take their own libraries but for libxl.
FIXED = "LD_LIBRARY_PATH=/payload/fixed"
# Xen 4.17's DSDT has a handler of CPU hotplug, which mainline runs at boot, and which writes over the tables behind the
# MADT, among them the one that leads to the others: the next kernel has to do without. See libacpi's b59e564aa0.
NO_TABLES = " second.acpi=off"


class Kexeced(life.Life):
    """A domain whose first kernel starts a second one, where the load runs that life.Life is about."""

    def create(self, limit=120, paused=False):
        """Starts it by the fixed tools."""
        self._try(f"sed -i 's/ pvh[.]life/ second.pvh.life/g' /tmp/{self.name}.cfg && "
                  f"{FIXED} xl create /tmp/{self.name}.cfg", limit)

    def report(self, console):
        """What the second kernel's init reported; the first one's has to be there, too."""
        first, second = qemu.parse(console)
        check_second(first, second)
        return second

    def complaints(self, console):
        """Without a panic that was asked for."""
        return super().complaints(kexec.PANIC.sub("", console))


@pytest.fixture(scope="session")
def fixed(release):
    """libxl with the fix, built before if it has to be."""
    tool = qemu.ROOT / "tests/rig/xen/build-tools"
    built = subprocess.run([tool, release], check=True, timeout=1800, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(built.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def softly(release, xen_files, fixed, kernels, base, tmp_path_factory):
    """A machine of its own, with mainline's kernel and the fixed library."""
    directory = tmp_path_factory.mktemp(f"softreset-{release}")
    found = payload.files(kernels, directory, ("vmlinux", "bzImage", *payload.INITRDS))
    found |= {name: (base(kernel).parent / file).read_bytes() for name, (kernel, file) in FIRST.items()}
    found[f"fixed/{fixed.name}"] = fixed.read_bytes()
    machine = xenhost.XenHost(release, directory, found)
    try:
        yield machine
    finally:
        machine.stop()


@pytest.fixture
def dom0(softly):
    """The machine, running, with an initrd that has kexec-tools and the kernel that they are to load."""
    softly.revive()
    softly.run("mkdir -p /tmp/kexec && cd /tmp && ln -sf /payload/bzImage kexec/kernel && "
               "{ find kexec | cpio -o -L -H newc; cat /payload/initrd-kexec; } >initrd", 60)
    return softly


def config(words, kernel="bzImage-base", vcpus=2, mib=MIB, **more):
    """xl's configuration of a domain; words are added to the first kernel's command line."""
    return domu.config("pvh", kernel, vcpus, mib, ramdisk="/tmp/initrd", extra=f"{HVC}{words}",
                       on_soft_reset="soft-reset", **more)


def xl_said(host, name):
    """What the xl that waits for the domain has written."""
    return host.read(f"/var/log/xen/xl-{name}.log")


def check_second(first, second):
    """The second report is that of a kernel that the first one's init has loaded."""
    assert first["initrd"] == "kexec-x86_64" and second["initrd"] == "initrd-x86_64"
    assert "kexeced=1" in second["cmdline"].split()
    assert int(second["loader"]) >> 4 == KEXEC_LOADER


def wait_until_gone(domain, limit=300):
    """Waits until there is no such domain any more."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if domain.host.run(f"sleep 1; xl domid {domain.name}", check=False)[0]:
            return
    raise xenhost.HostError(domain.explain(f"{domain.name} is still there after {limit} s"))


def wait_for_end(domain, limit):
    """Waits until a domain has ended, not to be reset, during which it has no name; returns the reason."""
    number, deadline = domain.number(), time.monotonic() + limit
    while time.monotonic() < deadline:
        reason = domain.host.run(f"sleep 1; xl list -v | awk '$2 == {number} {{ print $8 }}'")
        if reason not in ("-", SOFT_RESET):
            assert domain.number() == number
            return reason
    raise xenhost.HostError(domain.explain(f"{domain.name} has not ended within {limit} s"))


def acpi_words(acpi, release):
    """The second kernel's words about ACPI. The first kernel, mainline's, needs ACPI."""
    return NO_TABLES if acpi == "off" or release == "4.17" else ""


def test_stock(dom0):
    """With the release's own tools the domain is destroyed."""
    domain = xenhost.Domain(dom0, "stock", config(" pvh.then=kexec_load"))
    try:
        domain.create()
        wait_until_gone(domain)
        assert "Action for shutdown reason code 5 is soft-reset" in xl_said(dom0, "stock")
        assert "kexeced=1" not in domain.console()
    finally:
        domain.destroy()


@pytest.mark.parametrize("how,acpi,backend", [("kexec_load", "acpi", "phy"), ("kexec_file", "acpi", "qdisk"),
                                              ("kexec_load", "off", "phy")])
def test_kexec(dom0, release, how, acpi, backend):
    """Mainline first: after the reset CPUs, disk, network and console work, and the domain can be migrated."""
    made = config(f" pvh.then={how}{acpi_words(acpi, release)}")
    with Kexeced(dom0, f"{how}-{acpi}", made, backend=backend).running() as domain:
        assert domain.cpus()[0] == "0-1"
        assert "reason code 5" in xl_said(dom0, domain.name)
        domain.migrate()
        domain.settle()
        domain.end()


def test_kdump(dom0, release):
    """Mainline panics with its devices in use: the crash kernel has devices, and the dump what init had in memory."""
    made = config(f" pvh.then=kdump crashkernel={CRASH_MIB}M{acpi_words('acpi', release)}", "vmlinux-base")
    with Kexeced(dom0, "kdump", made).running() as domain:
        domain.end()
        assert domain.facts["cpus_worked"] == "1" and int(domain.facts["mem_kib"]) < CRASH_MIB * 1024
        assert int(domain.facts["vmcore_marked"]) == PAGES


def two_kernels(domain, tools, vcpus, limit):
    """Starts a domain by these tools, and waits for its end: it has been reset, and its kernels had so many vCPUs."""
    try:
        domain.host.run(f"{tools} xl create /tmp/{domain.name}.cfg", 120)
        reason = wait_for_end(domain, limit)
        assert reason == POWEROFF, domain.explain(f"reason {reason}\n{xl_said(domain.host, domain.name)}")
        first, second = qemu.parse(domain.console())
        check_second(first, second)
        assert (int(first["cpus_worked"]), int(second["cpus_worked"])) == vcpus
        assert "reason code 5" in xl_said(domain.host, domain.name)
    finally:
        domain.destroy()


def test_many(dom0):
    """This series first, with more vCPUs than have a place in the shared info page."""
    domain = xenhost.Domain(dom0, "many", config(" pvh.then=kexec_file", "vmlinux", MANY))
    two_kernels(domain, FIXED, (MANY, MANY), 1800)


@pytest.mark.parametrize("tools,how,vcpus", [("", "kexec_file", (2, 2)), (FIXED, "kexec_file", (2, 2)),
                                             ("", "kdump", (2, 1))])
def test_hvm(dom0, tools, how, vcpus):
    """HVM is as it was."""
    dom0.run(f"cp /payload/{hvm.OPTION_ROM} {hvm.ROMS}/")
    made = {**config(f" pvh.then={how} crashkernel={CRASH_MIB}M", "bzImage"), "type": "hvm", "vga": "none", "vnc": 0}
    two_kernels(xenhost.Domain(dom0, f"hvm-{how}{bool(tools):d}", made), tools, vcpus, 600)
