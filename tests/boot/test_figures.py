# SPDX-License-Identifier: GPL-2.0
"""The figures that take seconds: instructions from the PVH entry to the native one, and the entry's size."""

import pytest

import figures


@pytest.mark.parametrize("machine", ["microvm", "q35"])
def test_entry_cost(machine, kernel):
    """The same twice, and within the limit."""
    first = figures.entry_cost(kernel("x86_64"), machine)
    assert first == figures.entry_cost(kernel("x86_64"), machine)
    assert 0 < first <= figures.MOST_INSTRUCTIONS


@pytest.mark.parametrize("name", ["x86_64", "x86_64-noxen"])
def test_footprint(name, kernel):
    """Page tables, stacks and the like cost the image nothing."""
    sizes = figures.footprint(kernel(name).parent)
    assert sizes["text"] > 0
    assert sizes["data"] + sizes["rodata"] <= figures.MOST_DATA
