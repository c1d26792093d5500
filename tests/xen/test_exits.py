# SPDX-License-Identifier: GPL-2.0
"""From the PVH entry to init a domain touches no I/O port and no device register that PVH does not give it.

Xen ignores such accesses, so nothing but their number shows that the kernel asks for a PC's devices.
"""

import pytest

import exits
import grub
from domu import ACPI, config

# Functions that may, and why.
ALLOWED = {
    "port": {"xen_hvm_init_early": "tells PVH from HVM domains by the 8259 that only the latter have",
             "xen_pvh_domu_late_init": "reads PM1a, which Xen's FADT names, but which is not there",
             "pci_direct_probe": "Xen's vPCI, if a domain has it, answers to configuration type 1"},
    "mmio": {"native_apic_mem_read": "the local APIC, which Xen emulates, until it is switched to x2APIC"},
}
# VM exits until init, without hypercalls, most of which are the console's. Measured on both releases, with ACPI, without
# its use and without its code: 2,221 to 3,016; mainline has more than 150,000.
MOST = 4000


@pytest.fixture
def found(host, request, acpi):
    """The exits of a domain up to its init."""
    end, words = ACPI[acpi]
    settings = config("pvh", f"vmlinux{end}", 1, exits.MIB, extra=exits.WORDS + words)
    symbols = exits.Symbols(request.config.getoption("kernels") / f"x86_64{end}" / "System.map")
    return exits.count(host, f"exits-{acpi}", settings, symbols, exits.boot_to_init)


@pytest.mark.parametrize("acpi", ["acpi", pytest.param("off", marks=pytest.mark.first("4.17")),
                                  pytest.param("never", marks=pytest.mark.long)])
def test_devices_of_a_pc(found):
    """Every access by port or by address has its reason, and none has escaped Xen's trace."""
    table = found.table(exits.BEFORE_INIT)
    ports = found.of("port", exits.BEFORE_INIT)
    assert ports.total() == found.by_code(exits.BEFORE_INIT)["IOIO"], f"accesses and exits differ\n{table}"
    seen = {symbol for _, symbol in found.of("mmio", exits.BEFORE_INIT)}
    assert seen & set(ALLOWED["mmio"]), f"not even what has to be there is in the trace\n{table}"
    strange = {(kind, symbol) for kind, allowed in ALLOWED.items()
               for _, symbol in found.of(kind, exits.BEFORE_INIT) if symbol not in allowed}
    assert strange == set(), table
    codes = found.by_code(exits.BEFORE_INIT)
    assert codes.total() - codes["VMMCALL"] <= MOST, table


@pytest.mark.first("4.17")
def test_ports(host, kernels):
    """Entered natively, by GRUB, the kernel reads the 8259's mask, writes it and reads it back, and looks for vPCI once.

    What comes from other addresses than the kernel's is GRUB's, or the decompressor's.
    """
    name = "exits-grub"
    settings = grub.settings(host, name, "", 1, exits.MIB, f"{exits.WORDS} acpi=off")
    symbols = exits.Symbols(kernels / "x86_64" / "System.map")
    found = exits.count(host, name, settings, symbols, exits.boot_to_init)
    ports = {where: n for where, n in found.of("port", exits.BEFORE_INIT).items() if not where[1].startswith("0x")}
    assert ports.pop((0x21, "xen_hvm_init_early")) == 3, found.table(exits.BEFORE_INIT)
    assert {symbol for _, symbol in ports} == {"pci_direct_probe"} and sum(ports.values()) == 5, \
        found.table(exits.BEFORE_INIT)
