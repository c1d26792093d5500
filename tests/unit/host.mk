# SPDX-License-Identifier: GPL-2.0
# How the stub's C source is compiled for the host, for tests/unit and tests/fuzz.
#
# It is the very source in arch/, with the headers of the applied tree: those for programs of the host, under tools/,
# before the system's, the kernel's own after them. host.h comes first, in place of those that need a kernel.

ROOT	?= ../..
TREE	?= $(abspath $(ROOT)/build/tree)
STUB	?= $(abspath $(ROOT)/arch/x86/xen/xen-pvh)
UNIT	:= $(dir $(abspath $(lastword $(MAKEFILE_LIST))))

CFLAGS	:= -std=gnu11 -g -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-address-of-packed-member \
	   -fno-strict-aliasing -I$(UNIT) -I$(STUB) -include $(UNIT)host.h \
	   -isystem $(TREE)/tools/include -isystem $(TREE)/arch/x86/include/uapi \
	   -idirafter $(TREE)/include -idirafter $(TREE)/arch/x86/include

# The stub reads unaligned data, as x86 allows: loaders need not align anything.
CFLAGS	+= -fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=all

# The options for kernels of 64 or of 32 bits.
bits	= -m$(1) -DCONFIG_X86_$(1)=1
