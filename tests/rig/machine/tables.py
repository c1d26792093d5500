# SPDX-License-Identifier: GPL-2.0
"""What scripts/bench has measured as rows, mainline and series side by side."""


def pairs(label, found):
    """(label, mainline's figure, the series' figure) of every pair in nested dictionaries; label is a list of keys."""
    if isinstance(found, dict) and found.keys() >= {"base", "series"}:
        yield from both(label, found["base"], found["series"])
    elif isinstance(found, dict):
        for key, inner in found.items():
            yield from pairs([*label, str(key)], inner)


def both(label, base, series):
    """Likewise of two figures, lists or dictionaries. What only one of them has, or has not reached in time, is 0."""
    if isinstance(base, list):
        base, series = dict(enumerate(base, 1)), dict(enumerate(series, 1))
    if isinstance(base, dict) or isinstance(series, dict):
        base, series = base or {}, series or {}
        for key in {**base, **series}:
            yield from both([*label, str(key)], base.get(key), series.get(key))
    else:
        yield ", ".join(label), base or 0, series or 0


def show(result):
    """Prints the table of what was measured."""
    print(f"{'':48} {'mainline':>14} {'series':>14} {'ratio':>10}")
    for label, base, series in pairs([], result):
        numbers = " ".join(f"{number:14,.{0 if number == int(number) else 1}f}" for number in (base, series))
        print(f"{label:48} {numbers} {series / base if base else 0:10.6f}")
