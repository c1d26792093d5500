# SPDX-License-Identifier: GPL-2.0
"""Keeps the results of runs: build/log/test.json has the last result of each part, records/ has the long runs.

Such a file is a JSON object: date, series, commit and machine of the run, and either the results of parts, by name, or
the figures of scripts/bench.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess

from runner import ROOT

RECORDS = ROOT / "records"
SPDX = "SPDX-License-Identifier: GPL-2.0"
COUNTS = ("passed", "failed", "skipped", "seconds")


def series():
    """Names the patches by a hash of their contents; empty if they cannot be read."""
    patches = pathlib.Path(os.environ.get("PATCHES") or ROOT / "patches")
    try:
        names = re.findall(r"^[^#\s]\S*", (patches / "series").read_text(), re.MULTILINE)
        return hashlib.sha256(b"".join((patches / name).read_bytes() for name in names)).hexdigest()[:12]
    except OSError:
        return ""


def first_line(*command):
    """Of a command's output; empty if it cannot run or fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.partition("\n")[0]


def machine():
    """The CPU, the number of CPUs, the memory and the compiler."""
    cpu = re.search(r"^model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": cpu[1] if cpu else "unknown", "cpus": os.cpu_count(), "MiB": memory >> 20,
            "compiler": first_line(os.environ.get("CC") or "gcc", "--version")}


def now():
    """In UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def begin():
    """What is known when a run begins; the patches may change before it ends."""
    return {"about": f"{SPDX}. Results of a run, written by scripts/test or scripts/report.",
            "date": f"{now():%Y-%m-%dT%H:%M:%SZ}",
            "series": series(), "commit": first_line("git", "rev-parse", "--short", "HEAD"), "machine": machine()}


def load(path):
    """The run that a file describes. ValueError if the file is damaged."""
    run = json.loads(path.read_text())
    try:
        parts = run.get("parts", {})
        for entry in (run, *parts.values()):
            datetime.date.fromisoformat(entry["date"][:10])
            entry["series"].strip() + entry["commit"].strip()
        for part in parts.values():
            sum(part[key] for key in COUNTS)
            part["tier"].strip() + part["why"].strip()
        sum([run["seconds"], run["machine"]["cpus"], run["machine"]["MiB"]])
        run["machine"]["cpu"].strip() + run["machine"]["compiler"].strip()
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not the results of a run: {error!r}") from error
    return run


def judge(entry, series):
    """Adds to a run, or a part of one, its age and whether it was of these patches."""
    days = (now().date() - datetime.date.fromisoformat(entry["date"][:10])).days
    entry["age"] = f"{days} day{'' if days == 1 else 's'}"
    entry["current"] = bool(series) and entry["series"] == series
    entry["of"] = "this series" if entry["current"] else f"not run on this one (age {entry['age']})"


def save(path, run):
    """Writes a run to a file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(run, indent=1) + "\n")
    os.replace(temporary, path)


def add(path, run, known):
    """Saves a run. The file keeps results of other known parts, which have dates and series of their own."""
    try:
        before = load(path)["parts"] if path.exists() else {}
    except (KeyError, ValueError) as error:
        print(f"test: {path} was damaged, and begins anew: {error}")
        before = {}
    parts = {**before, **run["parts"]}
    save(path, {**run, "parts": {name: parts[name] for name in known if name in parts}})
