# SPDX-License-Identifier: GPL-2.0
"""Another kernel in a PVH domain, by kexec and after a panic, with the tools that hosts have.

Before, the domain was destroyed: Xen's tools reset no domain without a device model. That is still so where the kernel
cannot prepare the domain; then its console says why.
"""

import contextlib
import re

import pytest

import hvm
import qemu
from domu import ACPI, CRASH, POWEROFF, SOFT_RESET, check_cpus
from kexec import CRASH_MIB, MIB, Kernels, settings
from xenhost import Domain

PAGE = 4096
# So much that there are 128 MiB between the first 128 MiB and the crash kernel, where it could plug in memory.
ROOMY = 320
# A reply of so many bytes does not fit into xenstore's ring. A kernel that skips the part that is there takes the rest for
# messages of 16 bytes, without text, and is not back in step when the reply to its own first request comes.
VALUE = 1501


def cases(*usual):
    """Each system call, with ACPI and without, 1 and 4 vCPUs; the usual ones are (system call, ACPI, vCPUs, release)."""
    where = {case: release for *case, release in usual for case in [tuple(case)]}
    hows = sorted({how for how, *_ in where})
    return [pytest.param(how, acpi, vcpus, marks=pytest.mark.first(where.get((how, acpi, vcpus))))
            for how in hows for acpi in ("acpi", "off") for vcpus in (1, 4)]


def check_next(domain, acpi, vcpus):
    """The last kernel is another one, and has what it should have."""
    facts = domain.facts
    assert "kexeced=1" in facts["cmdline"].split() and domain.first["text"] != facts["text"]
    assert facts["acpi"] == domain.first["acpi"] == ("yes" if acpi == "acpi" else "no")
    assert (facts["guest_type"], facts["cpus_worked"]) == ("PVH", str(vcpus))


def check_dump(domain, least):
    """All of the memory that was free is in the dump, byte by byte: at least so many bytes."""
    marked = int(domain.reports("marked")[""])
    assert marked * PAGE > least, domain.explain(f"only {marked} pages were marked")
    assert int(domain.facts["vmcore_marked"]) == marked
    assert domain.facts["vmcore_symbol"] == "init_uts_ns"
    print(f"{marked * PAGE >> 20} MiB were marked, and are in the dump")


@pytest.mark.parametrize("how,acpi,vcpus", cases(("kexec_load", "acpi", 1, "4.17"), ("kexec_file", "off", 4, "4.20")))
def test_kexec(host, how, acpi, vcpus):
    """The next kernel has the same CPUs, memory, disk, network and clock, and can be saved and migrated."""
    made = settings(host, how, vcpus, f"{ACPI[acpi][1]} pvh.cpus=1")
    with Kernels(host, f"{how}-{acpi}-{vcpus}", made).running() as domain:
        assert domain.next_kernel() == vcpus
        domain.clock()
        if vcpus > 1:
            domain.vcpu_set(vcpus - 1)
            domain.save_and_restore()
            domain.vcpu_set(vcpus)
            domain.migrate()
            assert domain.settle() == vcpus
        domain.end()
        check_next(domain, acpi, vcpus)
        check_cpus(domain, vcpus)
        assert domain.facts["ram_bytes"] == domain.first["ram_bytes"]


@pytest.mark.long
def test_qdisk(host):
    """The disk is served by QEMU."""
    with Kernels(host, "qdisk", settings(host, "kexec_load", 1), backend="qdisk").running() as domain:
        domain.next_kernel()
        domain.end()


@pytest.mark.long
@pytest.mark.parametrize("how", ["kexec_load", "kexec_file"])
def test_often(host, how):
    """Five kernels more, one after the other; then the domain is a whole one."""
    with Kernels(host, f"often-{how}", settings(host, how, 4), follow=5).running() as domain:
        for _ in range(5):
            assert domain.next_kernel() == 4
        for change in (domain.save_and_restore, domain.migrate, domain.checkpoint, lambda: domain.vcpu_set(2)):
            change()
            domain.settle()
        assert domain.cycle(2) == 2
        domain.end()


@pytest.mark.parametrize("how,acpi,vcpus", cases(("kdump_load", "off", 1, "4.17"), ("kdump", "acpi", 4, "4.20")))
def test_kdump(host, how, acpi, vcpus):
    """A panic under load, on the last CPU."""
    made = settings(host, how, vcpus, f"{ACPI[acpi][1]} pvh.marked=all pvh.crash.cpu={vcpus - 1}")
    with Kernels(host, f"{how}-{acpi}-{vcpus}", made).running() as domain:
        assert domain.next_kernel() == 1
        domain.clock()
        domain.end()
        check_next(domain, acpi, 1)
        check_dump(domain, MIB << 19)


@pytest.mark.long
@pytest.mark.parametrize("kernel,cpu,away,cpus", [("-distro", 0, 0, 1), ("-distro", 3, 2, 2), ("", 0, 3, 2)])
def test_kdump_elsewhere(host, kernel, cpu, away, cpus):
    """The panic is on some CPU while another one is offline, and the crash kernel has one CPU or two.

    The kernel of distributions maps grants where its memory map says nothing (CONFIG_XEN_UNPOPULATED_ALLOC), and
    plugs in memory for its balloon.
    """
    made = settings(host, "kdump", 4, f" pvh.marked=all pvh.crash.cpu={cpu} pvh.crash.nr_cpus={cpus}",
                    f"vmlinux{kernel}", f"bzImage{kernel}", ROOMY)
    with Kernels(host, f"kdump{kernel}-{cpu}", made).running() as domain:
        if away:
            domain.ask(f"offline {away}")
        assert domain.next_kernel() == cpus
        domain.end()
        check_next(domain, "acpi", cpus)
        check_dump(domain, ROOMY << 19)


@pytest.mark.long
def test_kdump_ballooned(host):
    """Some of the memory is the host's again: the crash kernel keeps its own, and reads zeros where there is none."""
    made = settings(host, "kdump", 1, " pvh.marked=all", "vmlinux-distro", "bzImage-distro", maxmem=MIB + CRASH_MIB + 64)
    with Kernels(host, "kdump-ballooned", made).running() as domain:
        domain.next_kernel()
        total, _ = map(int, domain.ask("meminfo").split())
        domain.end()
        assert total == int(domain.facts["mem_kib"])
        check_dump(domain, MIB << 18)


@pytest.mark.first("4.17")
def test_grants(host):
    """The next kernel, here without drivers for disk and network, revokes what the first one has granted."""
    made = settings(host, "kexec_load", 1, " pvh.clock=10 second.initcall_blacklist=xlblk_init,netif_init",
                    vif=["bridge=xenbr0"])
    domain, counts = Domain(host, "grants", made), []
    try:
        domain.create()
        for kernel in (1, 2):
            log = f"/var/log/xen/guest-{domain.name}.log"
            host.run(f"until [ $(grep -c 'beat.0' {log}) = {kernel} ]; do sleep 0.2; done", 60)
            counts.append(int(host.run(f"/payload/grants {domain.number()}")))
        assert domain.wait() == POWEROFF
    finally:
        domain.destroy()
    print(f"grants: {counts[0]} in use by the first kernel, {counts[1]} by the second one")
    assert counts[0] > 0 and counts[1] == 0


def refuses(domain, why, limit=120):
    """Checks that the domain logs why it cannot start another kernel, and asks for a soft reset."""
    domain.ask("end")
    assert domain.wait(limit) == SOFT_RESET
    log = domain.console()
    assert re.search(rf"Xen: {why}", log) and "Xen: asking for a soft reset before kexec" in log, domain.explain(why)


@pytest.mark.first("4.17")
def test_ballooned(host):
    """Where memory was given back, the next kernel would believe that there is some."""
    with Kernels(host, "ballooned", settings(host, "kexec_file", 1, maxmem=MIB + 64)).running() as domain:
        refuses(domain, "memory is ballooned out")


@pytest.mark.first("4.20")
def test_backend_hangs(host):
    """QEMU, which serves the disk, does nothing, and so has pages mapped that would be the next kernel's."""
    with Kernels(host, "hanging", settings(host, "kexec_load", 1), backend="qdisk").running() as domain:
        pid = host.run("ps | awk '/[q]emu.*hanging/ { print $1; exit }'")
        host.run(f"kill -STOP {pid}")
        try:
            refuses(domain, r"[1-9]\d* grants are in use")
        finally:
            host.run(f"kill -CONT {pid}")
        assert "the backend does not close" in domain.console()


@pytest.mark.first("4.17")
def test_without_xenstore(host):
    """xenstored has let go of the domain."""
    with Kernels(host, "no-xenstore", settings(host, "kdump", 1)).running() as domain:
        number = f"{domain.number()}"
        words = [9, 1, 0, len(number) + 1]
        request = "".join(f"\\0{byte:03o}" for byte in b"".join(word.to_bytes(4, "little") for word in words)
                          + number.encode() + b"\0")
        host.run(f"exec 3<>/dev/xen/xenbus; printf '%b' '{request}' >&3; sleep 1")
        refuses(domain, "xenstore is not connected")


@pytest.mark.long
def test_many_vcpus(host):
    """vCPU 32 has registered a vcpu_info, which only Xen's tools could undo."""
    made = settings(host, "kexec_file", 33, mib=2 * MIB)
    with Kernels(host, "many", made).running() as domain:
        refuses(domain, "vCPU 32 cannot be reset", 600)


@pytest.mark.first("4.20")
def test_without_console(host):
    """The daemon that reads the console is gone: the next kernel comes up without one."""
    domain = Domain(host, "no-console", settings(host, "kexec_file", 1, " pvh.clock=5"))
    try:
        domain.create()
        host.run(f"until grep -q beat.0 /var/log/xen/guest-{domain.name}.log; do sleep 0.1; done; killall xenconsoled", 60)
        number = domain.number()
        assert domain.wait() == POWEROFF
        assert any("Kernel command line: kexeced=1" in line for line in host.said_by(number))
    finally:
        host.run("pidof xenconsoled || xenconsoled --log=all --log-dir=/var/log/xen")
        domain.destroy()


@pytest.mark.long
def test_small_crash_kernel(host):
    """A crash kernel that has too little memory says so, and the domain ends."""
    made = settings(host, "kdump", 1)
    made["extra"] = made["extra"].replace(f"crashkernel={CRASH_MIB}M", "crashkernel=20M")
    domain = Domain(host, "small", made)
    try:
        domain.create()
        assert domain.wait() == CRASH
        assert "System is deadlocked on memory" in domain.console().rpartition("sysrq: Trigger a crash")[2]
    finally:
        domain.destroy()


@contextlib.contextmanager
def without_xenstored(host, name, how, words, until):
    """A domain whose kernel ends while xenstored is stopped, which goes on when dom0's command until has ended."""
    domain = Domain(host, name, settings(host, how, 1, f"{words} pvh.clock=5"))
    log = f"/var/log/xen/guest-{domain.name}.log"
    last = "Trigger a crash" if how == "kdump" else "Starting new kernel"
    try:
        domain.create()
        try:
            host.run(f"xenstore-write /local/domain/{domain.number()}/data/load {'x' * VALUE}; "
                     f"until grep -q beat.0 {log}; do sleep 0.1; done; killall -STOP xenstored; "
                     f"until grep -q '{last}' {log}; do sleep 0.1; done; {until}", 60)
        finally:
            host.run("killall -CONT xenstored")
        yield domain
    finally:
        domain.destroy()


@pytest.mark.first("4.20")
def test_incomplete_request(host):
    """A panic in the middle of a request to xenstore, which xenstored is too slow to read."""
    with without_xenstored(host, "request", "kdump", " pvh.xenstore=write", "sleep 2") as domain:
        assert domain.wait() == SOFT_RESET
        assert "Xen: a xenstore message is incomplete" in domain.console()


@pytest.mark.first("4.20")
def test_late_request(host):
    """kexec waits until a request that xenstored is slow to read is complete."""
    with without_xenstored(host, "late", "kexec_load", " pvh.xenstore=one", "sleep 0.5") as domain:
        assert domain.wait() == POWEROFF
        *_, second = qemu.parse(domain.console())
        assert "kexeced=1" in second["cmdline"].split()


@pytest.mark.long
def test_incomplete_reply(host):
    """When the crash kernel comes up, xenstored has answered requests of the first one, but not all is in the ring."""
    with without_xenstored(host, "reply", "kdump", " pvh.xenstore=read", "true") as domain:
        assert domain.wait() == POWEROFF
        *_, second = qemu.parse(domain.console())
        assert "kexeced=1" in second["cmdline"].split()
        assert second.get("xenstore_answers") == "yes", domain.explain("xenstore does not answer")


@pytest.mark.first("4.20")
def test_hvm(host):
    """An HVM domain still leaves it to Xen's tools to reset it."""
    host.run(f"cp /payload/{hvm.OPTION_ROM} {hvm.ROMS}/")
    made = settings(host, "kexec_file", 2, kernel="bzImage")
    domain = Domain(host, "kexec-hvm", {**made, "type": "hvm", "vga": "none", "vnc": 0})
    try:
        domain.create()
        assert domain.wait() == SOFT_RESET
        assert "Xen: asking" not in domain.console()
    finally:
        domain.destroy()
