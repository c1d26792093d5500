# SPDX-License-Identifier: GPL-2.0
# The jobs of this repository; "make help" lists them. Each is a few scripts in order, and skips what is up to date.

# make -j would start steps before what they need; the steps use all CPUs themselves.
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# Words that the scripts take from the environment, so that "make boot LINUX=..." works.
export LINUX FORCE BUILD JOBS MIRROR RUNS XEN_SOURCE

.PHONY: help boot test tree export check unit fuzz scripts xen long bench report clean

help:		## This list
	@sed -n 's/^\([a-z0-9]*\):[^#]*## */  make \1|/p' Makefile | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'
	@echo "  LINUX=PATH     with any of them: the base is this git tree, tarball or directory instead of Debian's package"

boot:		## Fetch, patch and build a kernel, start it under QEMU through its PVH entry, show what the guest reports
	@scripts/setup build qemu
	@scripts/base
	@scripts/tree
	@scripts/kernel x86_64
	@tests/rig/guest/build --no-kexec
	@scripts/boot

test:		## Everything that a submission must pass
	@scripts/setup build qemu xen qemu-build unit scripts
	@scripts/test

tree:		## Make build/tree, the applied tree in git, one commit a patch: to read, edit and rebase
	@scripts/setup build
	@scripts/base
	@scripts/tree

export:		## Turn build/tree back into patches/, arch/, Documentation/ and MAINTAINERS.snippet
	@scripts/export

check:		## Check patches and scripts in seconds, without building a kernel
	@scripts/setup build scripts
	@scripts/base
	@scripts/check

unit:		## Test the stub's C source on the host
	@scripts/setup build unit
	@scripts/base
	@scripts/tree
	@scripts/test unit

fuzz:		## Fuzz the stub's C source on the host: RUNS executions, 100 million if not given
	@scripts/setup build unit
	@scripts/base
	@scripts/tree
	@$(MAKE) -s -C tests/fuzz long

scripts:	## Test the scripts themselves with bad input
	@scripts/setup build scripts
	@scripts/test scripts

xen:		## An interactive PVH domU in an emulated Xen host
	@scripts/setup build qemu xen
	@scripts/base
	@scripts/tree
	@scripts/kernel x86_64
	@tests/rig/guest/build
	@tests/rig/xen/shell

long:		## The long runs: Debian's configuration, every patch booted; on Xen many vCPUs, all options, saved again and again
	@scripts/setup build qemu xen qemu-build long
	@scripts/test long

bench:		## Compare mainline and series: instructions to init, in the entry, static size; VM exits on Xen and KVM; vCPUs
	@scripts/setup build qemu xen qemu-build report
	@scripts/base
	@scripts/tree
	@scripts/kernel x86_64 base
	@scripts/kernel x86_64
	@scripts/kernel x86_64-noacpi-bench
	@tests/rig/guest/build
	@tests/rig/xen/build-host 4.17
	@tests/rig/kvm/build-host
	@tests/rig/xen/build-qemu
	@scripts/report --bench

report:		## Make a page of the last results, of mainline and series, and of the records: build/report.html
	@scripts/setup report
	@scripts/report

clean:		## Remove what was generated, but not the downloads; not while build/tree has work of yours
	@scripts/clean
