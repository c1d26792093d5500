# SPDX-License-Identifier: GPL-2.0
"""What the tests of domains share: xl's configuration, a domain's life, and what every guest reports."""

import re

import qemu
from xenhost import Domain

POWEROFF, REBOOT, CRASH, SOFT_RESET = "0", "1", "3", "5"
XEN_LOADER = 9
# A kernel that panics does not wait: it would count to a billion for each second.
HVC = "console=hvc0 earlyprintk=xen panic=-1"
# The message of a kernel that starts secondary CPUs of a PVH domain with hypercalls.
STARTED = "Xen: starting secondary CPUs with VCPUOP_initialise"

# How each kernel comes to be without ACPI: the end of its name, and what its command line says.
ACPI = {"acpi": ("", ""), "off": ("", " acpi=off"), "never": ("-noacpi", "")}

# How Xen numbers the APICs of HVM and PVH domains.
APIC_IDS_PER_VCPU = 2

# Known of mainline: its network driver takes a page of kmalloc()'s for one of its own, when packets were on their way at
# a restore; nothing follows from that, but a call trace.
# And a PV domain reads an MSR of AMD's that Xen does not let it read. And who waits for xenstore reads a request's state
# while another thread writes it, unmarked.
KNOWN = ("WARNING: at xennet_disconnect_backend+", "unchecked MSR access error: RDMSR from 0xc0010055",
         "BUG: KCSAN: data-race in xenbus_thread / xs_talkv")


def initrd_for(kernel):
    """The guest's initrd of the same word size."""
    return "initrd32" if kernel.endswith("32") else "initrd"


def config(kind, kernel, vcpus, mib, **more):
    """xl's configuration of a domain without devices."""
    return {"type": kind, "kernel": f"/payload/{kernel}", "ramdisk": f"/payload/{initrd_for(kernel)}",
            "extra": HVC, "memory": mib, "vcpus": vcpus, **more}


def device_models(host):
    """The processes of dom0 that emulate devices."""
    return [line for line in host.run("ps").splitlines() if "qemu" in line]


def alarms(log):
    """The lines of a kernel's log that say that something is wrong with it."""
    found = qemu.alarms(log)
    known = [line for line in found if any(words in line for words in KNOWN)]
    if known:
        found = [line for line in found if line not in known and "Call Trace" not in line]
    return found


def boot(host, name, settings, change=None, reason=POWEROFF, limit=300):
    """Starts a domain, sees it run, and waits until it has ended for this reason; returns it with its report and log.

    change(domain), if there is one, is called before the domain's first instruction.
    """
    domain = Domain(host, name, settings)
    try:
        domain.create(paused=change is not None)
        if change:
            change(domain)
            domain.unpause()
        assert name in host.run("xl list")
        domain.device_models = device_models(host)
        ended = domain.wait(limit)
        assert ended == reason, domain.explain(f"the domain ended for reason {ended}, not {reason}")
        domain.log = domain.console()
        domain.facts = domain.report(domain.log)
        assert reason in (CRASH, SOFT_RESET) or alarms(domain.log) == [], domain.explain("its kernel complained")
    finally:
        domain.destroy()
    return domain


def check_basics(domain, settings, guest_type):
    """What every domain reports, whatever its type."""
    facts = domain.facts
    initrd = "initrd-i386" if settings["kernel"].endswith("32") else "initrd-x86_64"
    expected = {"cpus_online": str(settings["vcpus"]), "cpus_worked": str(settings["vcpus"]),
                "cmdline": settings["extra"], "initrd": initrd, "guest_type": guest_type}
    # In a PV domain CPUID is the processor's own; the others see Xen's.
    if guest_type != "PV":
        expected["hypervisor"] = "XenVMMXenVMM"
    assert {key: facts.get(key) for key in expected} == expected, domain.explain("the guest saw something else")
    check_clock(facts)


def check_clock(facts):
    """The guest slept 200 ms: not less, and not much more even under emulation; its two clocks agree."""
    assert 200 <= int(facts["sleep_ms"]) < 2000
    assert 900 <= int(facts["clock"]) <= 1100


def check_cpus(domain, vcpus):
    """Each CPU has the APIC ID that Xen gave it, and is whole; see tests/rig/guest/whole.c."""
    for cpu in range(vcpus):
        assert domain.facts[f"apic_ids.{cpu}"].split() == [str(cpu * APIC_IDS_PER_VCPU)] * 3
        assert re.fullmatch(r"\d+ \d+ \d+ \d+", domain.facts[f"cpu.{cpu}"]), domain.facts[f"cpu.{cpu}"]


def check_memory(facts, mib, own_mib=32):
    """RAM is what xl was told but for page 0, the 384 KiB below 1 MiB and Xen's special pages.

    Of that the kernel keeps its own image, tables and initrd, at most own_mib, and 1/64 for struct page.
    """
    ram = int(facts["ram_bytes"])
    assert (mib - 1) << 20 <= ram <= mib << 20
    assert ram - ram // 64 - (own_mib << 20) <= int(facts["mem_kib"]) << 10 < ram
