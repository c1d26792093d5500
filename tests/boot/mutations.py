# SPDX-License-Identifier: GPL-2.0
"""Random changes of what a sane loader hands over, each one repeatable by its seed.

Everything may change: each field of start_info, each entry of the map and of the module list, the command line, and
where each of them lies. One thing has to stay true, since nothing can check it before the memory is used: what the
map calls RAM is memory. So the map lies apart from the others, which would change it.
"""

import random

from handover import APPEND, MIB, World

MEMORY = 256 * MIB
MAP = [(0, 0x9fc00, 1), (0x9fc00, 0x400, 2), (0xf0000, 0x10000, 2), (0x100000, 255 * MIB, 1)]
FIELDS = {"magic": 32, "version": 32, "flags": 32, "nr_modules": 32, "modlist": 64, "cmdline": 64, "rsdp": 64,
          "memmap": 64, "memmap_entries": 32, "reserved": 32}
INTERESTING = [0, 1, 0x7f, 0xff, 0x1000, 0x9fc00, 0xa0000, 0x100000, 0x1000000, 0xffff000, 0x10000000, 0x40000000,
               0x7fffffff, 0x80000000, 0xfee00000, 0xfffffff0, 0xffffffff, 1 << 32, 1 << 40, 1 << 46, 1 << 52, 1 << 63,
               (1 << 64) - 4096, (1 << 64) - 1]
TYPES = [0, 1, 2, 3, 4, 5, 6, 7, 12, 255, 0xefffffff, 0xffffffff]


def number(rng, bits, old=0):
    """A value for a field: one that is near a border, the old one with a bit flipped or a bit off, or any."""
    value = rng.choice([lambda: rng.choice(INTERESTING), lambda: old ^ 1 << rng.randrange(bits),
                        lambda: old + rng.randint(-4096, 4096), lambda: rng.getrandbits(rng.randint(1, bits))])()
    return value & (1 << bits) - 1


def truthful(entry):
    """The entry, its type changed if it says RAM of what is none."""
    start, size, kind = entry
    end = min(start + size, 1 << 64)
    real = end <= 0xa0000 or (start >= 0x100000 and end <= MEMORY)
    return (start, size, 2) if kind == 1 and not real else entry


def change_map(rng, world):
    """An entry changed, added, dropped, copied; the order changed; or many entries at once."""
    memmap = world.memmap
    index = rng.randrange(len(memmap))
    start, size, kind = memmap[index]
    change = rng.randrange(7)
    if change == 0:
        memmap[index] = number(rng, 64, start), size, kind
    elif change == 1:
        memmap[index] = start, number(rng, 64, size), kind
    elif change == 2:
        memmap[index] = start, size, rng.choice(TYPES)
    elif change == 3:
        memmap.insert(index, (number(rng, 64), number(rng, 64), rng.choice(TYPES)))
    elif change == 4:
        memmap.insert(index, memmap[rng.randrange(len(memmap))])
    elif change == 5:
        rng.shuffle(memmap)
    else:
        step, at = rng.choice([4096, 8192, 0x1f001]), rng.choice([1 << 30, 1 << 36, 64 * MIB])
        memmap += [(at + step * piece, rng.choice([1, 4096, step]), rng.choice(TYPES[2:]))
                   for piece in range(rng.choice([1, 60, 120, 124, 128, 300, 1000]))]
    world.memmap = [truthful(entry) for entry in memmap]


def change_field(rng, world):
    """A field of start_info."""
    name = rng.choice(sorted(FIELDS))
    usual = {"magic": 0x336ec578, "version": 1, "memmap_entries": 4}
    world.fields[name] = number(rng, FIELDS[name], usual.get(name, 0))


def change_modules(rng, world):
    """The list of modules."""
    module = [number(rng, 64, 64 * MIB), number(rng, 64, 5000), number(rng, 64), number(rng, 64)]
    world.modules = rng.choice([[tuple(module)], [None, tuple(module)], [tuple(module), None], [],
                                [None] * rng.choice([2, 30, 1024])])


def change_cmdline(rng, world):
    """The command line's bytes, its length, or its end."""
    junk = bytes(rng.randrange(1, 256) for _ in range(rng.choice([1, 10, 2000, 2047, 2048, 5000])))
    words = APPEND.encode() + b" "
    world.append = rng.choice([words + junk + b"\0", junk + b"\0", words + junk, b"\0"])


def change_places(rng, world):
    """Where the parts lie: they may overlap one another, and the kernel."""
    for name in ("start_info", "modlist", "memmap_at", "cmdline"):
        if rng.random() < 0.4:
            setattr(world, name, rng.choice([rng.randrange(0x1000, 0x9f000), rng.randrange(0x8000, 0x8100),
                                             rng.randrange(0x1000000, 0x2000000), rng.randrange(MIB, MEMORY - MIB)]))
    if rng.random() < 0.1:
        world.ebx = number(rng, 32, world.start_info)


def overlaps_map(world):
    """Whether another part lies in the map."""
    start, end = world.memmap_at, world.memmap_at + 24 * len(world.memmap)
    parts = [(world.modlist, 32 * len(world.modules)), (world.cmdline, len(world.append)), (world.start_info, 56)]
    return any(at < end and start < at + size for at, size in parts)


def mutated(seed):
    """The World of a seed."""
    rng = random.Random(seed)
    world = World(list(MAP))
    changes = [change_map, change_map, change_field, change_modules, change_cmdline, change_places]
    for _ in range(rng.choice([1, 1, 2, 3, 5])):
        rng.choice(changes)(rng, world)
    while overlaps_map(world):
        world.memmap_at = rng.randrange(0x1000, 0x98000)
    return world
