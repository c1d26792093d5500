# SPDX-License-Identifier: GPL-2.0
"""A vCPU that cannot be started is reported and left out, and the others boot and work; wrong numbers are fatal.

The domain is created paused and changed before it runs: its MADT lists a vCPU that does not exist or has the numbers
of two vCPUs exchanged, or a vCPU halts in the kernel's entry point for secondary CPUs.
"""

import re
import struct

import pytest

from domu import ACPI, APIC_IDS_PER_VCPU, CRASH, HVC, boot, config
from startinfo import StartInfo
from xenhost import Domain

VCPUS, BAD, OTHER, MIB = 4, 2, 3, 256
# A vCPU that the domain does not have.
NOBODY = 20

# The kernel's messages.
SILENT = rf"CPU{BAD} failed to report alive state"
UNKNOWN = rf"Xen: no vCPU {NOBODY} for CPU {BAD}: -\d+"
EXCHANGED = r"Kernel panic - not syncing: Xen: CPU (\d+) runs on vCPU (\d+) instead of vCPU (\d+)"

# The entry points of secondary CPUs. The first one begins with a call and is not used in PVH domains: it has room for a
# jump. The second one begins with an instruction that is as long as a short jump to the first one and a no-op.
UNUSED, START = "secondary_startup_64", "secondary_startup_64_no_verify"
CALL, FIRST = b"\xe8", bytes.fromhex("4531ff")          # xor %r15d, %r15d
JUMP, JUMP_BACK = b"\xe9", bytes.fromhex("ebf9 90")     # jmp to 5 bytes before; nop
# The code that it goes to: a vCPU whose APIC ID in CPUID is this one halts for ever, with interrupts off.
CHECK = bytes.fromhex("b801000000 0fa2 c1eb18 83fb")    # mov $1, %eax; cpuid; shr $24, %ebx; cmp $ID, %ebx
GO_ON = bytes.fromhex("7408") + FIRST + JUMP            # je over the next two; xor; jmp to what follows it
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


def number_vcpus(domain, numbers):
    """Changes ACPI processor IDs in the MADT, {old: new}; its checksum is right."""
    info = StartInfo(domain)
    address, madt = find_madt(info)
    at, total = FIRST_ENTRY, madt[CHECKSUM]
    while at < len(madt):
        old = madt[at + PROCESSOR]
        if madt[at] == LOCAL_APIC and old in numbers:
            info.set((at + PROCESSOR, 1), numbers[old], at=address)
            total += old - numbers[old]
        at += madt[at + 1]
    info.set((CHECKSUM, 1), total % 256, at=address)


def symbols(kernel):
    """{name: address} of what is in a kernel, given its directory."""
    lines = (kernel / "System.map").read_text().splitlines()
    return {name: int(address, 16) for address, _, name in map(str.split, lines)}


def jump(address, target, code=b""):
    """Code for an address that ends with a jump to the target."""
    return code + JUMP * (not code) + struct.pack("<i", target - address - len(code or JUMP) - 4)


def silence_vcpu(domain, kernel):
    """One vCPU halts when it is started; the code for that is put behind the kernel's, up to the next large page."""
    info, names = StartInfo(domain), symbols(kernel)
    address, unused, start = (names["_etext"] + 15) // 16 * 16, names[UNUSED], names[START]
    code = jump(address, start + len(FIRST), CHECK + bytes([BAD * APIC_IDS_PER_VCPU]) + GO_ON) + HALT
    assert address // LARGE_PAGE == (address + len(code) - 1) // LARGE_PAGE, "there is no room behind the kernel's code"
    assert (start - unused, info.read(unused - KERNEL_MAP, 1), info.read(start - KERNEL_MAP, 3)) == (5, CALL, FIRST)
    for at, bytes_there in [(address, code), (unused, jump(unused, address)), (start, JUMP_BACK)]:
        info.write(at - KERNEL_MAP, bytes_there)


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
    check(boot(host, "unknown", config("pvh", "vmlinux", VCPUS, MIB, extra=HVC),
               lambda domain: number_vcpus(domain, {BAD: NOBODY})), UNKNOWN)


@pytest.mark.first("4.20")
def test_exchanged_vcpus(host):
    """Two vCPUs have each other's APIC ID."""
    domain = Domain(host, "exchanged", config("pvh", "vmlinux", VCPUS, MIB, extra=HVC))
    try:
        domain.create(paused=True)
        number_vcpus(domain, {BAD: OTHER, OTHER: BAD})
        domain.unpause()
        assert domain.wait() == CRASH, domain.explain("the domain ended with another reason than a crash")
        found = re.search(EXCHANGED, domain.console())
        assert found, domain.explain(f"the log does not say {EXCHANGED}")
    finally:
        domain.destroy()
    cpu, runs_on, expected = map(int, found.groups())
    assert cpu == runs_on and {runs_on, expected} == {BAD, OTHER}, found.group()


@pytest.mark.parametrize("acpi", [pytest.param("acpi", marks=pytest.mark.long),
                                  pytest.param("off", marks=pytest.mark.first("4.20"))])
def test_silent_vcpu(host, kernels, acpi):
    """A vCPU that never answers.

    The kernel waits 10 s for it. If CPUs were started in parallel, another one would spin until then, which takes the
    emulator minutes.
    """
    made = config("pvh", "vmlinux", VCPUS, MIB, extra=f"{HVC}{ACPI[acpi][1]} cpuhp.parallel=0")
    check(boot(host, f"silent-{acpi}", made, lambda domain: silence_vcpu(domain, kernels / "x86_64")), SILENT)
