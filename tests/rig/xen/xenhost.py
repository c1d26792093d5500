# SPDX-License-Identifier: GPL-2.0
"""Runs an emulated machine with real Xen and a stock dom0, and domains in it."""

import re
import struct
import time

import emulated
import qemu
from emulated import COMMANDS, HostError, tail

MEMORY_MIB, DISK_MIB, MIB = 5120, 256, 1 << 20
# An interrupt of the emulated disk that is lost costs dom0 30 seconds.
DISK_LIMIT = 120
XEN_ARGUMENTS = ("loglvl=all guest_loglvl=all com1=115200,8n1 console=com1 bootscrub=0 "
                 "dom0_mem=1024M,max:1024M dom0_max_vcpus=1")


def pattern(seed, size):
    """The bytes that tests/rig/guest/pattern.h makes of the same seed."""
    words, x = [], seed
    for _ in range(size // 4):
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        words.append(x)
    return struct.pack(f"<{len(words)}I", *words)


def files(release):
    """The directory with what the machines of a release boot, which tests/rig/xen/build-host makes."""
    return qemu.BUILD / "xen" / release


class XenHost(emulated.Host):
    """One emulated machine. payload maps names to bytes: dom0 finds them under /payload."""

    def __init__(self, release, directory, payload):
        self.release = release
        self.files = files(release)
        super().__init__(f"Xen {release}", "dom0", self.files / "host.cpio", directory, payload)
        # dom0 writes large files to this disk: the emulated serial port is slow.
        self.disk = self.initrd.with_name(f"xen-{release}-disk.img")

    def pack(self):
        """Writes dom0's initramfs with the payload, and its disk."""
        super().pack()
        with self.disk.open("wb") as disk:
            disk.truncate(DISK_MIB << 20)

    def command(self, dom0_arguments="", terminal=False):
        """The emulated machine, with a disk."""
        return [*self.machine(MEMORY_MIB, ["mon:stdio"] if terminal else COMMANDS),
                "-drive", f"file={self.disk},format=raw,if=ide,cache=unsafe",
                "-kernel", f"{self.files}/xen", "-append", XEN_ARGUMENTS,
                "-initrd", f"{self.files}/vmlinuz console=hvc0 earlyprintk=xen {dom0_arguments},{self.initrd}"]

    def start(self):
        """Boots the machine; dom0's files may then take most of its memory, since saved domains are among them."""
        seconds = super().start()
        self.run("mount -o remount,size=90% /")
        return seconds

    def stop(self):
        """Ends the machine, whatever state it is in."""
        super().stop()
        self.disk.unlink(missing_ok=True)

    def fetch(self, paths):
        """The bytes of dom0's files of these names, one after the other, of those that exist."""
        size = self.run(f"cat {paths} 2>/dev/null >/tmp/fetched; [ -b /dev/sda ] && dd if=/tmp/fetched of=/dev/sda "
                        "bs=1M conv=fsync 2>/dev/null && stat -c %s /tmp/fetched && rm /tmp/fetched", DISK_LIMIT)
        with self.disk.open("rb") as disk:
            return disk.read(int(size))

    def put(self, path, data):
        """Makes a file of dom0's with these bytes."""
        with self.disk.open("r+b") as disk:
            disk.write(data)
        self.run(f"dd if=/dev/sda of={path} bs=1M count={-(-len(data) // MIB)} 2>/dev/null && "
                 f"truncate -s {len(data)} {path}", DISK_LIMIT)

    def read(self, paths):
        """The text of these files."""
        return self.fetch(paths).decode(errors="replace").replace("\r", "")

    def said_by(self, domain_number):
        """The lines that a domain wrote to Xen's log."""
        return re.findall(rf"\(d{domain_number}\) (.*?)\r?$", self.console.read_text(errors="replace"), re.MULTILINE)


class Domain:
    """A domain of a host, made from xl's configuration file."""

    def __init__(self, host, name, config):
        self.host = host
        self.name = name
        # What has ended stays, so that its reason can be asked for.
        stay = {f"on_{event}": "preserve" for event in ("poweroff", "reboot", "crash")}
        text = "".join(f"{key}={value!r}\n" for key, value in {"name": name, **config, **stay}.items())
        host.run(f"cat >/tmp/{name}.cfg <<'END'\n{text}END")

    def create(self, limit=120, paused=False):
        """Starts it; xl returns when its devices are connected in dom0."""
        self._try(f"xl create {'-p' if paused else ''} /tmp/{self.name}.cfg", limit)

    def unpause(self):
        """Lets a domain that was created paused run."""
        self._try(f"xl unpause {self.name}")

    def number(self):
        """Xen's number of it."""
        return int(self._try(f"xl domid {self.name}"))

    def wait(self, limit=300):
        """Waits until it ends by itself, at most so many seconds; returns the reason as Xen numbers it.

        dom0 is asked again and again: while it answers, a domain that never ends is to blame for that itself.
        """
        reason = f"xl list -v {self.name} | awk 'NR == 2 {{ print $8 }}'"
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            ended = self._try(f'for i in 1 2 3; do r=$({reason}); [ "$r" = - ] || break; sleep 1; done; echo $r', 30)
            if ended != "-":
                return ended
        raise HostError(self.explain(f"{self.name} has not ended within {limit} s"))

    def console(self):
        """What it wrote to its console."""
        return self.host.read(f"/var/log/xen/guest-{self.name}.log")

    def report(self, console):
        """What its init reported on its console."""
        reports = qemu.parse(console)
        if len(reports) != 1:
            raise HostError(self.explain(f"{self.name} made {len(reports)} whole reports instead of one"))
        return reports[0]

    def destroy(self):
        """Removes it, and with it its hold on its disk."""
        self.host.run(f"xl destroy {self.name}", check=False)

    def _try(self, command, limit=30):
        status, output = self.host.run(command, limit, check=False)
        if status:
            raise HostError(self.explain(f"status {status} of: {command}\n{tail(output)}"))
        return output

    def explain(self, message):
        """The message, and the end of what everybody who has to do with the domain said."""
        logs = [f"guest-{self.name}.log", "xen-hotplug.log", f"qemu-dm-{self.name}.log"]
        said = [(log, self.host.read(f"/var/log/xen/{log}")) for log in logs]
        ends = "".join(f"\nend of dom0's /var/log/xen/{log}:\n{tail(text)}" for log, text in said if text)
        return self.host.explain(message) + ends
