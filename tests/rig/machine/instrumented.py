# SPDX-License-Identifier: GPL-2.0
"""The instrumented kernels: how they are started, and what they say of their instruments."""

CPUS = 4

# Words of the command line of each.
KERNELS = {"x86_64-kasan": "", "x86_64-kcsan": "", "x86_64-coverage": " ftrace=function"}

# What shows that the instruments of each were at work.
LOCKDEP = "Lock dependency validator:"
SIGNS = {"x86_64-kasan": ["KernelAddressSanitizer initialized", LOCKDEP],
         "x86_64-kcsan": ["kcsan: enabled early", "kcsan: selftest: "],
         "x86_64-coverage": ["Starting tracer 'function'", LOCKDEP]}


def missing(name, console):
    """The signs that are not there."""
    return [sign for sign in SIGNS[name] if sign not in console]
