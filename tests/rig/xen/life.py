# SPDX-License-Identifier: GPL-2.0
"""A domain that lives until it is told to end: under load, and commanded over its console while it is changed.

Its init (tests/rig/guest/life.c) keeps CPUs, disk and a connection to dom0 busy, verifies all that, and answers. What is
done to the domain meanwhile, from inside or with xl, is followed by settle(): everything goes on, and is whole.
"""

import contextlib
import hashlib
import itertools
import re

import domu
import xenhost
from xenhost import Domain, HostError

OWN, PEER = "192.168.128.2", "192.168.128.1"
PORTS = itertools.count(7000)

MIB = 80

# What makes its init obey.
LIFE = " pvh.life=1"

# As tests/rig/guest/traffic.c has them. dom0 has put the first block into each slot.
DISK_SLOTS, DISK_BLOCK = 64, 16384
# What of each kind of load has to be seen after a change, before it counts as going on.
GOES_ON = 3
WALL_CLOCK_TOLERANCE = 1

# What a kernel says whenever it suspends.
SUSPENDED = "kernel=Freezing user space processes completed"


class Life(Domain):
    """A domain with a disk and a connection, as configured by domu.config(); started by start().

    backend: phy is xen-blkback in dom0's kernel, through a loop device that Xen's block script makes.

    It makes the connection, unless it listens. Without devices it has its CPUs only; config has the word for init then.
    """

    def __init__(self, host, name, config, listens=False, devices=True, backend="phy"):
        self.directory, self.asked, self.tty, self.devices = f"/tmp/{name}", 0, None, devices
        # How many seconds its wall clock may be behind, because it lost ticks while they were its clock, early on.
        self.behind = 0
        host.run(f"mkdir {self.directory}")
        self.settings = {**config, **self._devices(host, config["extra"], listens, backend)} if devices else config
        super().__init__(host, name, self.settings)
        # A test that is run once more has logs of its first run.
        host.run(f"rm -f {self.logs()}")

    def _devices(self, host, words, listens, backend):
        """What the configuration has for disk and connection; starts the connection's other end."""
        self.port, self.stream = next(PORTS), f"{self.directory}/stream.log"
        host.run(f"cp /payload/disk.img {self.directory}/; "
                 f"setsid /payload/stream {self.port} {OWN if listens else ''} >{self.stream} 2>&1 &")
        return {"extra": f"{words}{LIFE} pvh.life.disk=xvda pvh.life.net={OWN},{'-' if listens else PEER},{self.port}",
                "disk": [f"format=raw,vdev=xvda,access=rw,backendtype={backend},target={self.directory}/disk.img"],
                "vif": ["bridge=xenbr0,mac=00:16:3e:00:00:01"]}

    # Talking to it.

    def start(self):
        """Boots it; returns when its load runs and it reads commands."""
        self.create()
        self._answer(limit=240)
        self.settle()

    @contextlib.contextmanager
    def running(self):
        """It runs, under load, in a block of "with"; what is left of it then is removed."""
        try:
            self.start()
            yield self
        finally:
            if not self.host.silent:
                self.remove()

    def logs(self):
        """The logs of its console in dom0: while it is coming in by migration, it has another name."""
        return f"/var/log/xen/guest-{self.name}.log /var/log/xen/guest-{self.name}--incoming.log"

    def console(self):
        """What it wrote to its consoles."""
        return self.host.read(self.logs())

    def explain(self, message):
        """The message, and the end of what everybody who has to do with the domain said."""
        return f"{super().explain(message)}\nend of all its consoles:\n{xenhost.tail(self.console(), 80)}"

    def _answer(self, limit, command=""):
        """Sends a command, if there is one, and returns the answer. The guest's first answer needs no command."""
        told = f"echo '{self.asked} {command}' >{self.tty}; " if command else ""
        look = f"grep -h -s -m 1 -o 'pvh-report: answer.{self.asked}=.*[[:cntrl:]]' {self.logs()}"
        said = self._try(f"begin=$EPOCHREALTIME; {told}for i in $(seq {4 * limit}); do said=$({look}); "
                         '[ -z "$said" ] || break; sleep 0.25; done; echo "$said"; echo $begin $EPOCHREALTIME', 2 * limit + 30)
        *found, times = said.splitlines()
        self.span = tuple(map(float, times.split()))
        if not found:
            raise HostError(self.explain(f"{self.name}: no answer in {limit} s"))
        verdict, _, text = found[0].strip().partition("=")[2].partition(" ")
        if verdict != "ok":
            raise HostError(self.explain(f"{self.name}: {found[0]}"))
        return text

    def ask(self, command, limit=60):
        """Has it obey a command; returns its answer, and leaves dom0's time before and after in span."""
        self.asked += 1
        # After a restore, the console's daemon may not have connected to it yet.
        find = (f"at=/local/domain/$(xl domid {self.name})/console/tty; "
                "until tty=$(xenstore-read $at 2>/dev/null) && [ -c \"$tty\" ]; do sleep 0.2; done; echo $tty")
        self.tty = self.tty or self._try(find, 60)
        try:
            return self._answer(limit, command)
        except HostError as error:
            raise type(error)(f"{self.name} was told to {command} and did not:\n{error}") from None

    def reports(self, key):
        """{rest of the key: value} of what it reported under keys that begin so."""
        found = re.findall(rf"pvh-report: {key}([^=\r\n]*)=([^\r\n]*)", self.console())
        return dict(found)

    # What is known of it.

    def cpus(self):
        """The CPUs that are online, and those that are present, as /sys lists them."""
        return tuple(self.ask("cpus").split())

    def wait_cpus(self, online, limit=20):
        """Waits until these CPUs are online, and no others."""
        seen = []
        for _ in range(limit * 5):
            seen.append(self.cpus()[0])
            if seen[-1] == online:
                return
            self.host.run("sleep 0.2")
        raise HostError(self.explain(f"{self.name} has CPUs {seen[-1]} online, not {online}, after {limit} s"))

    def whole(self):
        """Checks all CPUs that are online; returns {CPU: what was measured}."""
        count = int(self.ask("whole", limit=120))
        found = {int(cpu): [int(number) for number in text.split()]
                 for cpu, text in self.reports(rf"whole\.{self.asked}\.").items()}
        assert len(found) == count, self.explain(f"{count} CPUs are whole, and {len(found)} reported")
        return found

    def status(self):
        """What its load has done: ([disk, sent, received], [what each CPU has done])."""
        numbers = [int(word) for word in self.ask("status").split()]
        return numbers[:3], numbers[3:]

    def clock(self):
        """Its monotonic and its wall clock; the latter is compared with dom0's."""
        mono, real = map(float, self.ask("clock").split())
        begin, end = self.span
        assert begin - WALL_CLOCK_TOLERANCE - self.behind < real < end + WALL_CLOCK_TOLERANCE, self.explain(
            f"its wall clock says {real:.3f}; it is between {begin:.3f} and {end:.3f}")
        return mono, real

    def settle(self, limit=120):
        """Sees the load go on, on every CPU that is online, and checks these CPUs; returns how many there are."""
        whole = self.whole()
        traffic, work = self.status()
        for _ in range(limit * 5):
            now, done = self.status()
            idle = [cpu for cpu in whole if done[cpu] < work[cpu] + GOES_ON]
            if not idle and (not self.devices or all(new >= old + GOES_ON for new, old in zip(now, traffic))):
                worst = max(late for _, _, late, _ in whole.values())
                print(f"{self.name}: {len(whole)} CPUs whole, timers at most {worst} us late; disk, sent, "
                      f"received: {now}")
                return len(whole)
            self.host.run("sleep 0.2")
        raise HostError(self.explain(f"{self.name}: after {limit} s no work on CPUs {idle}; "
                                     f"disk, sent, received: {traffic}, then {now}"))

    # What is done to it.

    def cycle(self, cycles, limit=240):
        """Takes CPUs away and brings them back from inside; returns how many came back whole."""
        done = int(self.ask(f"cycle {cycles}", limit))
        print(f"{self.name}: {cycles} cycles, {done} times a CPU was taken away and came back whole "
              f"in {self.span[1] - self.span[0]:.1f} s")
        return done

    def vcpu_set(self, count):
        """xl vcpu-set, until the guest has so many; it may have more than the emulated machine."""
        self._try(f"xl vcpu-set --ignore-host {self.name} {count}", 60)
        self.wait_cpus(f"0-{count - 1}" if count > 1 else "0")

    def _suspended(self):
        """How often its kernel has suspended; what it says is there with its next answer."""
        return self.console().count(SUSPENDED)

    def _across(self, what, command, limit=120):
        """Runs what stops the domain for a while; checks that it did, and its clocks."""
        (mono, _), times = self.clock(), self._suspended()
        begin = self.span[0]
        self._try(command, limit)
        self.tty = None
        after, _ = self.clock()
        assert self._suspended() == times + 1, self.explain(f"{self.name} has not suspended once")
        took = self.span[1] - begin
        assert 0 < after - mono < took + WALL_CLOCK_TOLERANCE, self.explain(
            f"{what} took {took:.3f} s, its monotonic clock went on by {after - mono:.3f}")
        print(f"{self.name}: {what} took {took:.1f} s, its monotonic clock went on by {after - mono:.1f} s")

    def save_and_restore(self):
        """xl save and xl restore."""
        image = f"{self.directory}/image"
        self._across("save and restore", f"xl save {self.name} {image} && xl restore {image} && rm {image}")

    def migrate(self):
        """xl migrate to the host where it is: a shell here takes the place of ssh and the other host."""
        self._across("migration", f"xl migrate -s '' {self.name} 'exec xl migrate-receive'")

    def pause(self, seconds):
        """xl pause, and so many seconds later xl unpause: all that it has missed has passed for its clocks, too."""
        (mono, _), times = self.clock(), self._suspended()
        begin, answered = self.span
        self._try(f"xl pause {self.name} && sleep {seconds} && xl unpause {self.name}", seconds + 60)
        after, _ = self.clock()
        assert self._suspended() == times, self.explain(f"{self.name} has suspended")
        least, most = self.span[0] - answered, self.span[1] - begin
        found = f"of {least:.3f} to {most:.3f} s its monotonic clock saw {after - mono:.3f}"
        assert least > seconds, self.explain(f"not paused: {found}")
        assert least - WALL_CLOCK_TOLERANCE < after - mono < most + WALL_CLOCK_TOLERANCE, self.explain(found)
        print(f"{self.name}: paused for {seconds} s; {found}")

    def checkpoint(self):
        """xl save -c: the domain goes on in place."""
        image = f"{self.directory}/image"
        self._across("checkpoint", f"xl save -c {self.name} {image} && rm {image}")

    def cancelled_save(self):
        """xl save to where there is no room: the domain has suspended by then, and goes on in place."""
        small = f"{self.directory}/small"
        self._across("cancelled save", f"mkdir {small} && mount -t tmpfs -o size=1m none {small} && "
                     f"! xl save {self.name} {small}/image; status=$?; umount {small}; rmdir {small}; exit $status")

    # Its end.

    def end(self):
        """Ends load and domain, and checks what dom0 has of both; leaves its log and its init's report in it."""
        self.ask("stop", limit=180)
        (blocks, sent, received), _ = self.status()
        self.ask("end")
        assert self.wait() == domu.POWEROFF
        if self.devices:
            assert self.host.run(f"cat {self.stream}") == f"received {sent} sent {received}"
            on_disk = self.host.run(f"sha256sum {self.directory}/disk.img").split()[0]
            assert on_disk == hashlib.sha256(disk(blocks)).hexdigest(), self.explain(
                f"{blocks} blocks written, but dom0 has others")
        self.log = self.console()
        self.facts = self.report(self.log)
        assert self.complaints(self.log) == [], self.explain("its kernel complained")
        print(f"{self.name}: {blocks} blocks on the disk, {sent} sent, {received} received, all verified")

    def complaints(self, console):
        """The lines of its kernel's log that say that something is wrong."""
        return domu.alarms(console)

    def remove(self):
        """Removes what is left of it, whatever has happened."""
        for name in (self.name, f"{self.name}--incoming", f"{self.name}--migratedaway"):
            self.host.run(f"xl destroy {name}", check=False)
        self.host.run(f"rm -rf {self.directory}", check=False)


def settings(acpi, vcpus, mib=MIB, **more):
    """xl's configuration of such a domain."""
    return domu.config("pvh", "vmlinux", vcpus, mib, extra=domu.HVC + domu.ACPI[acpi][1], **more)


def disk(blocks=0):
    """The disk's content when the domain has written so many blocks."""
    numbers = (slot + (DISK_SLOTS + blocks - 1 - slot) // DISK_SLOTS * DISK_SLOTS for slot in range(DISK_SLOTS))
    return b"".join(xenhost.pattern(number + 1, DISK_BLOCK) for number in numbers)
