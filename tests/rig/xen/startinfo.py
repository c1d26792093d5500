# SPDX-License-Identifier: GPL-2.0
"""Reads and changes what a PVH domain finds at its entry, and its memory, while it is paused; see start-info.c."""


class StartInfo:
    """What a domain that was created paused finds at its entry."""

    def __init__(self, domain):
        self.host, self.command = domain.host, f"/payload/start-info {domain.number()}"
        self.fields, self.modules, self.map = {}, [], []
        for line in self.host.run(self.command).splitlines():
            name, *words = line.split(" ")
            if name == "module":
                self.modules.append([int(word, 16) for word in words])
            elif name == "range":
                self.map.append([int(word, 16) for word in words])
            elif name != "cmdline":
                self.fields[name] = int(words[0], 16)

    def set(self, field, value, at=None):
        """Changes a field of start_info, or of what is at an address."""
        offset, size = field
        if at is not None:
            offset += at - self.fields["start_info"]
        self.host.run(f"{self.command} set {offset} {size} {value}")

    def read(self, address, size):
        """Bytes of the domain's memory."""
        return bytes.fromhex(self.host.run(f"{self.command} read {address:#x} {size}"))

    def set_xens_map(self, entries):
        """Makes these Xen's answer to XENMEM_memory_map."""
        text = "".join(f"{start:x} {size:x} {kind:x}\n" for start, size, kind in entries)
        self.host.feed(text, f"{self.command} map")
