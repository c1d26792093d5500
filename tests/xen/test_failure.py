# SPDX-License-Identifier: GPL-2.0
"""A vCPU that cannot be had is reported and left out: the others boot and work.

The domain is created paused and changed before it runs: the table that names its vCPUs to the kernel has one that Xen
does not know, or one of them, when it is started, halts instead of going to the kernel.
"""

import re
import struct

import pytest

from domu import ACPI, APIC_IDS_PER_VCPU, HVC, boot, config
from startinfo import StartInfo

VCPUS, BAD, MIB = 4, 2, 256
# A vCPU that the domain does not have.
NOBODY = 77

# What the kernel says of it: a CPU that does not answer, and Xen's answer to the hypercall about a vCPU.
SILENT = rf"CPU{BAD} failed to report alive state"
UNKNOWN = rf"Xen: VCPUOP_\w+ \(vcpu_op \d+\) of vCPU {NOBODY}, CPU {BAD}, failed: -\d+"

# Where a secondary vCPU goes in the kernel, once Xen has started it, is the first word here.
START = "xen_pvh_smp_target"
# Code to go there instead: a vCPU whose APIC ID, as CPUID has it, is this one halts for ever, with interrupts off.
CHECK = bytes.fromhex("b801000000 0fa2 c1eb18 83fb")    # mov $1, %eax; cpuid; shr $24, %ebx; cmp $ID, %ebx
GO_ON = bytes.fromhex("7405 e9")                        # je over the next; jmp to where it wanted to go
HALT = bytes.fromhex("fa f4 ebfc")                      # cli; hlt; jmp back

# Where the kernel is linked for physical address 0, and the size of the pages that map it until its init.
KERNEL_MAP, LARGE_PAGE = 0xFFFFFFFF80000000, 2 << 20

# Of ACPI's tables: where the RSDP has the XSDT's address, the header that every table has, and the MADT's entries.
RSDP_XSDT, HEADER, CHECKSUM, FIRST_ENTRY = 24, 36, 9, 44
LOCAL_APIC, PROCESSOR = 0, 2


def table_at(info, address):
    """A whole table of ACPI's."""
    length, = struct.unpack_from("<I", info.read(address, HEADER), 4)
    return info.read(address, length)


def find_madt(info):
    """Its address and bytes."""
    xsdt, = struct.unpack("<Q", info.read(info.fields["rsdp_paddr"] + RSDP_XSDT, 8))
    entries = table_at(info, xsdt)[HEADER:]
    for address, in struct.iter_unpack("<Q", entries):
        if info.read(address, 4) == b"APIC":
            return address, table_at(info, address)
    raise AssertionError("the domain has no table of its processors")


def rename_vcpu(domain):
    """The table of processors has one that does not exist in place of one that does; its checksum is right."""
    info = StartInfo(domain)
    address, madt = find_madt(info)
    at = FIRST_ENTRY
    while (madt[at], madt[at + PROCESSOR]) != (LOCAL_APIC, BAD):
        at += madt[at + 1]
    info.set((at + PROCESSOR, 1), NOBODY, at=address)
    info.set((CHECKSUM, 1), (madt[CHECKSUM] + BAD - NOBODY) % 256, at=address)


def symbols(kernel):
    """{name: address} of what is in a kernel, given its directory."""
    lines = (kernel / "System.map").read_text().splitlines()
    return {name: int(address, 16) for address, _, name in map(str.split, lines)}


def halting_code(address, go_on):
    """The code for this address, which sends all vCPUs but one to another address."""
    code = CHECK + bytes([BAD * APIC_IDS_PER_VCPU]) + GO_ON
    code += struct.pack("<i", go_on - (address + len(code) + 4)) + HALT
    return code + bytes(-len(code) % 8)


def silence_vcpu(domain, kernel):
    """One vCPU halts when it is started; the code for that is put behind the kernel's, up to the next large page."""
    info, names = StartInfo(domain), symbols(kernel)
    address = (names["_etext"] + 15) // 16 * 16
    start = names[START] - KERNEL_MAP
    go_on, = struct.unpack("<Q", info.read(start, 8))
    code = halting_code(address, go_on)
    assert address // LARGE_PAGE == (address + len(code) - 1) // LARGE_PAGE, "there is no room behind the kernel's code"
    for number, (word,) in enumerate(struct.iter_unpack("<Q", code)):
        info.set((8 * number, 8), word, at=address - KERNEL_MAP)
    info.set((0, 8), address, at=start)


def check(domain, says):
    """All CPUs but one worked, and the log says which one did not."""
    found = re.findall(rf".*{says}.*", domain.log)
    assert found, domain.explain(f"the log does not say {says}")
    worked = int(domain.facts["cpus_worked"])
    assert worked == int(domain.facts["cpus_online"]) == VCPUS - 1, domain.explain(f"{worked} CPUs worked")
    print(f"{worked} of {VCPUS} CPUs worked: {found[0].strip()}")


@pytest.mark.first("4.20")
def test_unknown_vcpu(host):
    """A vCPU that Xen does not know."""
    check(boot(host, "unknown", config("pvh", "vmlinux", VCPUS, MIB, extra=HVC), rename_vcpu), UNKNOWN)


@pytest.mark.first("4.20")
@pytest.mark.parametrize("acpi", ["acpi", "off"])
def test_silent_vcpu(host, kernels, acpi):
    """A vCPU that never answers."""
    made = config("pvh", "vmlinux", VCPUS, MIB, extra=HVC + ACPI[acpi][1])
    check(boot(host, f"silent-{acpi}", made, lambda domain: silence_vcpu(domain, kernels / "x86_64")), SILENT)
