# SPDX-License-Identifier: GPL-2.0
"""Whatever random loaders hand over: the guest boots or the stub names an error, never silence, never a hang.

PVH_MUTATIONS says how many seeds to try (by default a few), PVH_FIRST_SEED with which one to begin.
"""

import os
import re

import pytest

import handover
import mutations
from handover import INITRDS, Launcher

SEEDS = int(os.environ.get("PVH_MUTATIONS") or 40)
FIRST = int(os.environ.get("PVH_FIRST_SEED") or 0)
# A kernel that came as far as its console may end there, saying what it was not given, an initrd or RAM below 1 MiB,
# or what it was given too much of: words on its command line.
LATE = r"Unable to mount root fs|No working init found|Real mode trampoline was not allocated|Too many boot \w+ vars"


@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
def test_mutation(seed, kernel, initrd, record_property):
    name = sorted(INITRDS)[seed % 2]
    launcher = Launcher(kernel(name), initrd(INITRDS[name]))
    kind, said = handover.outcome(launcher.hand_over(mutations.mutated(seed)))
    record_property("outcome", kind)
    if kind == "kernel":
        assert re.search(LATE, launcher.guest.console), launcher.guest.failure(f"seed {seed}: {said}")
    else:
        assert kind in ("boot", "error"), launcher.guest.failure(f"seed {seed}: {kind}")
