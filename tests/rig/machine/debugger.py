# SPDX-License-Identifier: GPL-2.0
"""Stops a guest of QEMU at an address, and looks at or changes its memory there: the GDB remote protocol."""

import re
import socket
import time

import qemu

# What QEMU takes at a time.
PACKET = 1024
HLT = b"\xf4"
INTERRUPTS_ON = 0x200
# QEMU knows of single registers only after this question. This one has that number.
FEATURES, CR4 = "qXfer:features:read:target.xml:0,100", 30


class Debugger:
    """The few words of the GDB remote protocol that stop a guest at an address."""

    def __init__(self, path):
        self.socket = connect(path)

    def ask(self, packet):
        """Sends a packet and returns the answer."""
        data = packet.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))
        return self.receive()

    def receive(self):
        """The next answer."""
        received = b""
        while not re.search(rb"\$.*#..$", received, re.DOTALL):
            more = self.socket.recv(4096)
            if not more:
                raise qemu.GuestError("QEMU ended before the guest came to where it was to stop")
            received += more
        self.socket.sendall(b"+")
        return received[received.index(b"$") + 1:-3].decode()

    def run_to(self, address):
        """Continues the guest until it is about to execute the instruction at an address."""
        if self.ask(f"Z1,{address:x},1") != "OK" or not self.ask("c").startswith(("T05", "S05")):
            raise qemu.GuestError(f"the guest did not stop at {address:#x}")
        self.ask(f"z1,{address:x},1")

    def go(self):
        """Lets the guest run on."""
        self.socket.sendall(b"$c#63")

    def registers(self):
        """The general registers, %rip and %eflags, in the order of the protocol."""
        data = bytes.fromhex(self.ask("g"))
        return [int.from_bytes(data[at:at + 8], "little") for at in range(0, 136, 8)], \
            int.from_bytes(data[136:140], "little")

    def halted(self):
        """Stops a guest that runs; returns whether it has been in HLT, with interrupts off."""
        self.socket.sendall(b"\x03")
        self.receive()
        registers, flags = self.registers()
        return self.read(registers[-1] - 1, 1) == HLT and not flags & INTERRUPTS_ON

    def cr4(self):
        """The control register that tells the levels of page tables."""
        self.ask(FEATURES)
        return int.from_bytes(bytes.fromhex(self.ask(f"p{CR4:x}")), "little")

    def ebx(self):
        """The register that points to start_info at the PVH entry."""
        return int.from_bytes(bytes.fromhex(self.ask("g"))[8:12], "little")

    def set_ebx(self, value):
        """Changes that register."""
        self.ask(FEATURES)
        if self.ask(f"P1={value.to_bytes(8, 'little').hex()}") != "OK":
            raise qemu.GuestError(f"cannot set %ebx to {value:#x}")

    def read(self, address, size):
        """Memory of the guest, physical as long as paging is off."""
        return b"".join(bytes.fromhex(self.ask(f"m{address + at:x},{min(PACKET, size - at):x}"))
                        for at in range(0, size, PACKET))

    def write(self, address, data):
        """Changes memory of the guest."""
        for at in range(0, len(data), PACKET):
            part = data[at:at + PACKET]
            if self.ask(f"M{address + at:x},{len(part):x}:{part.hex()}") != "OK":
                raise qemu.GuestError(f"cannot write {len(part)} bytes at {address + at:#x} of the guest")


def connect(path, limit=60):
    """A connection to a socket of QEMU, which may take a moment to listen."""
    deadline = time.monotonic() + limit
    while True:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(limit)
        try:
            connection.connect(str(path))
            return connection
        except OSError:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
