# SPDX-License-Identifier: GPL-2.0
"""Runs commands that depend on each other, several at a time, and counts what they have tested.

Whatever goes wrong, with a command or in here, counts as failed: a command that dies, hangs, or tests nothing.
"""

import dataclasses
import os
import pathlib
import queue
import re
import signal
import subprocess
import threading
import time

import junitparser

ROOT = pathlib.Path(os.environ.get("ROOT") or pathlib.Path(__file__).resolve().parents[2])
LOGS = pathlib.Path(os.environ.get("BUILD") or ROOT / "build") / "log"
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
# pytest's last line tells how often a test was run again.
RERUNS = re.compile(r"(\d+) rerun")
# So many of the tests that have failed are named in the table of results.
MOST_NAMED = 5


@dataclasses.dataclass
class Part:
    """One command: shows its output, keeps it in a log, counts its results.

    name: of the part and its log; command: with its arguments; needs: names of parts that have to end before it begins;
    lanes: how many of the lanes it takes; limit: seconds until it is stopped; vital: without its success, nothing runs
    that needs it.
    """
    name: str
    command: list
    needs: tuple = ()
    lanes: int = 1
    limit: float = 45 * 60
    vital: bool = False
    passed: int = 0
    failed: int = 1
    skipped: int = 0
    why: str = "was not run"
    seconds: float = 0
    last_line: str = ""
    process: subprocess.Popen = None
    stopped: bool = False

    def run(self):
        """Runs the command to its end; never raises an exception."""
        start = time.monotonic()
        try:
            self.why = ""
            (LOGS / f"test-{self.name}.xml").unlink(missing_ok=True)
            self.count(self.execute())
        except Exception as error:  # pylint: disable=broad-except
            self.stop(f"cannot run {self.command[0]}, or log what it says: {error!r}")
            self.failed = max(1, self.failed)
        self.seconds = time.monotonic() - start

    def execute(self):
        """The exit status."""
        with (LOGS / f"test-{self.name}.log").open("w") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=subprocess.STDOUT, text=True, errors="replace",
                                            start_new_session=True)
            timer = threading.Timer(self.limit, self.stop, [f"stopped after {self.limit / 60:.0f} minutes"])
            timer.start()
            try:
                for line in self.process.stdout:
                    self.last_line = line.rstrip()
                    log.write(line)
                    print(f"[{self.name}] {line}", end="", flush=True)
            finally:
                timer.cancel()
            return self.process.wait()

    def stop(self, why):
        """Ends the command and all that it has started."""
        self.why, self.stopped = why, True
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)

    def count(self, status):
        """From pytest's file, from the command's own last line, or else by its exit status."""
        self.failed = 0
        found = SUMMARY.match(self.last_line)
        if any("pytest" in word for word in self.command):
            self.count_junit()
        elif found:
            self.passed, self.failed, self.skipped = map(int, found.groups())
        else:
            self.passed = int(status == 0 and not self.stopped)
        if (status or self.stopped) and not self.failed:
            self.failed = 1
            self.why = self.why or f"exit status {status}"
        elif not self.passed + self.failed:
            self.failed, self.why = 1, "nothing was tested"

    def count_junit(self):
        """From pytest's file. Without one, nothing was tested."""
        try:
            found = junitparser.JUnitXml.fromfile(str(LOGS / f"test-{self.name}.xml"))
        except (OSError, SyntaxError):  # that of every XML parser
            return
        again = RERUNS.search(self.last_line)
        if again:
            self.why = f"{again[1]} times a test was run again, in a new machine"
        tests, self.failed, self.skipped = found.tests, found.failures + found.errors, found.skipped
        self.passed = max(0, tests - self.failed - self.skipped)
        bad = [f"{case.classname.split('.')[-1]}::{case.name}" for suite in found for case in suite
               if any(isinstance(result, (junitparser.Failure, junitparser.Error)) for result in case.result)]
        self.why = "; ".join([*bad[:MOST_NAMED], *["..."] * (len(bad) > MOST_NAMED), *[self.why] * bool(self.why)])


class Queue:
    """Runs parts as soon as what they need has ended and a lane is free, the first ones of the list first."""

    def __init__(self, parts, lanes, deadline):
        self.parts, self.free, self.end = list(parts), lanes, time.monotonic() + deadline
        self.waiting, self.running, self.threads = list(parts), [], []
        self.ended = queue.Queue()
        self.deadline = deadline

    def run(self):
        """Until all have ended, or the time is up; then all that has not ended has failed."""
        try:
            while self.start() or self.running:
                part = self.ended.get(timeout=max(0, self.end - time.monotonic()))
                self.running.remove(part)
                self.free += part.lanes
        except queue.Empty:
            self.stop(f"stopped at the deadline of {self.deadline / 60:.0f} minutes")
        except KeyboardInterrupt:
            self.stop("interrupted")
            raise

    def start(self):
        """Starts what can be; says whether anything is left."""
        for part in list(self.waiting):
            needed = [other for other in self.parts if other.name in part.needs]
            broken = [other for other in needed if other.failed and other.vital and other not in self.running]
            if any(other in self.waiting + self.running for other in needed) or (part.lanes > self.free and self.running):
                continue
            self.waiting.remove(part)
            if broken:
                part.why = f"was not run: {broken[0].name} failed"
                return self.start()
            self.free -= part.lanes
            self.running.append(part)
            self.threads.append(threading.Thread(target=self.run_part, args=[part], daemon=True))
            self.threads[-1].start()
        return bool(self.waiting)

    def run_part(self, part):
        """In a thread of its own."""
        part.run()
        self.ended.put(part)

    def stop(self, why):
        """Ends what runs. A thread that does not come to its end then is left to itself."""
        for part in self.running:
            part.stop(why)
        for thread in self.threads:
            thread.join(30)
