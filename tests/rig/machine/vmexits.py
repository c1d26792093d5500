# SPDX-License-Identifier: GPL-2.0
"""What VM exits are called: the processor's reasons, and the functions of the kernel that exits."""

import bisect
import re

# Where the kernel is linked for physical address 0, and what is below belongs to programs.
KERNEL_MAP = 0xFFFFFFFF80000000
USER_END = 1 << 47

# The processor's exit codes, as AMD's manual names them: "SVM Intercept Exit Codes", volume 2, appendix C.
CODES = dict(enumerate("""INTR NMI SMI INIT VINTR CR0_SEL_WRITE IDTR_READ GDTR_READ LDTR_READ TR_READ IDTR_WRITE
    GDTR_WRITE LDTR_WRITE TR_WRITE RDTSC RDPMC PUSHF POPF CPUID RSM IRET SWINT INVD PAUSE HLT INVLPG INVLPGA IOIO MSR
    TASK_SWITCH FERR_FREEZE SHUTDOWN VMRUN VMMCALL VMLOAD VMSAVE STGI CLGI SKINIT RDTSCP ICEBP WBINVD MONITOR MWAIT
    MWAIT_CONDITIONAL XSETBV RDPRU""".split(), 0x60)) | {0x400: "NPF"}
NUMBERED = ["CR{}_READ", "CR{}_WRITE", "DR{}_READ", "DR{}_WRITE", "EXCP{}", "EXCP{}"]


def code_name(code):
    """AMD's name of an exit code."""
    if code < 0x60:
        return NUMBERED[code >> 4].format(code - 0x40 if code >= 0x40 else code & 15)
    return CODES.get(code, hex(code))


class Symbols:
    """The functions of a kernel that runs where it is linked."""

    def __init__(self, system_map):
        found = re.findall(r"^([0-9a-f]{16}) [tTwW] (\S+)$", system_map.read_text(), re.MULTILINE)
        # Of several names the shortest.
        names = {int(address, 16): name for address, name in sorted(found, key=lambda word: -len(word[1]))}
        self.addresses = sorted(names)
        self.names = [names[address] for address in self.addresses]

    def name(self, rip, phase):
        """The function that an address is in. Low ones are the kernel's own until there are programs."""
        if rip < USER_END and phase != "after":
            rip += KERNEL_MAP
        number = bisect.bisect_right(self.addresses, rip) - 1
        return "user space" if rip < USER_END else self.names[number] if number >= 0 else hex(rip)
