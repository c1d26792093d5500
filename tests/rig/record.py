# SPDX-License-Identifier: GPL-2.0
"""Keeps results: build/log/test.json has the last one of each part, records/ those of make long and make bench.

A file has the date, series, machine and seconds of its last run, and the results of the parts by name.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re

from runner import ROOT

RECORDS = ROOT / "records"
NOW = datetime.datetime.now(datetime.timezone.utc)


def series():
    """Identifies the patches by a hash of the code that they change: not by changelogs and documentation."""
    patches = pathlib.Path(os.environ.get("PATCHES") or ROOT / "patches")
    files = [text for path in sorted(patches.glob("*.patch")) for text in path.read_text().split("\ndiff --git ")[1:]]
    code = "".join(text for text in files if not text.startswith("a/Documentation/"))
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def begin():
    """The date, series and machine of a run, taken before it: the patches may change meanwhile."""
    cpu = re.search(r"^model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return {"about": "SPDX-License-Identifier: GPL-2.0. Results, written by scripts/test or scripts/report.",
            "date": f"{NOW:%Y-%m-%d %H:%M} UTC", "series": series(),
            "machine": f"{cpu[1] if cpu else 'unknown CPU'}, {os.cpu_count()} CPUs, {memory:,} MiB"}


def keep(path, run):
    """Writes a run to a file, which keeps its results of the parts that this run does not have."""
    parts = {name: {**part, "date": run["date"], "series": run["series"]} for name, part in run["parts"].items()}
    try:
        parts = {**json.loads(path.read_text())["parts"], **parts}
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (ValueError, TypeError, KeyError) as error:
        print(f"{path} was damaged, its earlier results are lost: {error!r}")
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps({**run, "parts": parts}, indent=1) + "\n")
    os.replace(new, path)


def load(path):
    """A run, with the age of its results and whether they are of these patches. Raises an exception if incomplete."""
    run, now = json.loads(path.read_text()), series()
    for entry in (run, *run["parts"].values()):
        days = (NOW.date() - datetime.date.fromisoformat(entry["date"][:10])).days
        entry["age"] = f"{days} day{'' if days == 1 else 's'}"
        entry["current"] = entry["series"] == now
        entry["minutes"] = entry["seconds"] / 60
    for name, part in run["parts"].items():
        part |= {"name": name, "tier": part["tier"], "why": part["why"],
                 "tests": part["passed"] + part["failed"] + part["skipped"]}
    return run
