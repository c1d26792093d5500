# SPDX-License-Identifier: GPL-2.0
"""Reads and changes what a PVH domain finds at its entry, and its memory, while it is paused; see start-info.c."""

import struct

# struct hvm_start_info.
FIELDS = ("magic", "version", "flags", "nr_modules", "modlist_paddr", "cmdline_paddr", "rsdp_paddr", "memmap_paddr",
          "memmap_entries", "reserved")


class StartInfo:
    """What a domain that was created paused finds at its entry."""

    def __init__(self, domain):
        self.host, self.command = domain.host, f"/payload/start-info {domain.number()}"
        at = int(self.host.run(self.command), 16)
        self.fields = {"start_info": at, **dict(zip(FIELDS, struct.unpack("<4I4Q2I", self.read(at, 56))))}
        modules = self.read(self.fields["modlist_paddr"], self.fields["nr_modules"] * 32)
        memmap = self.read(self.fields["memmap_paddr"], self.fields["memmap_entries"] * 24)
        self.modules = list(struct.iter_unpack("<4Q", modules))
        self.map = [entry[:3] for entry in struct.iter_unpack("<2Q2I", memmap)]

    def set(self, field, value, at=None):
        """Changes a field, (offset, size), of start_info, or of what is at an address."""
        offset, size = field
        self.write((self.fields["start_info"] if at is None else at) + offset, value.to_bytes(size, "little"))

    def read(self, address, size):
        """Bytes of the domain's memory."""
        return bytes.fromhex(self.host.run(f"{self.command} read {address:#x} {size}"))

    def write(self, address, data):
        """Changes bytes of the domain's memory."""
        self.host.run(f"{self.command} write {address:#x} {data.hex()}")

    def set_xens_map(self, entries):
        """Makes these Xen's answer to XENMEM_memory_map."""
        text = "".join(f"{start:x} {size:x} {kind:x}\n" for start, size, kind in entries)
        self.host.feed(text.encode(), f"{self.command} map")
