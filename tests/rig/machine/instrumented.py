# SPDX-License-Identifier: GPL-2.0
"""The instrumented kernels: how they are started, and what they say of their instruments."""

CPUS = 4

# Words of the command line of each. Tracing from the start is left to the fastest one: with lockdep or coverage it takes
# an hour. So it would by time, because Xen traps RDTSC in the emulated hosts.
KERNELS = {"x86_64-kasan": "", "x86_64-kcsan": "", "x86_64-coverage": "",
           "x86_64-distro": " ftrace=function trace_clock=counter"}
# Those that nothing else uses.
BUILT = [name for name in KERNELS if name != "x86_64-distro"]

# What shows that the instruments of each were at work.
LOCKDEP = "Lock dependency validator:"
SIGNS = {"x86_64-kasan": ["KernelAddressSanitizer initialized", LOCKDEP],
         "x86_64-kcsan": ["kcsan: enabled early", "kcsan: selftest: "],
         "x86_64-coverage": [LOCKDEP],
         "x86_64-distro": ["Starting tracer 'function'"]}


def missing(name, console):
    """The signs that are not there."""
    return [sign for sign in SIGNS[name] if sign not in console]
