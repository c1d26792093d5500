#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Runs in place of the test guest's init, where a test needs programs of a distribution: addresses.sh module|hibernate|true
#
# Reports as init does (report.h): where the kernel is, what a module with a kprobe found, and whether a guest that has
# been resumed from hibernation is still the one that was suspended.

report()
{
	echo "pvh-report: $1=$2"
}

# address SYMBOL: that of the running kernel, or of a module.
address()
{
	awk -v name="$1" '$3 == name { print "0x" $1; exit }' /proc/kallsyms
}

module()
{
	insmod /kprobe_example.ko && report module "$(address handler_pre)"
	report probed "$(address kernel_clone)"
	# Each new process runs into the probe, which logs the address that it was at.
	report hit "$(dmesg | sed -n 's/.*handler_pre: .* ip = \([0-9a-f]*\).*/0x\1/p' | head -n 1)"
	report tracers "$(dmesg | grep -c 'Testing .*: PASSED')"
}

hibernate()
{
	swapon /dev/vda
	echo shutdown >/sys/power/disk
	echo disk >/sys/power/state
	# The kernel that was suspended is running again, at its own address.
	report resumed "$(address _text)"
}

/bin/busybox mkdir -p /bin /proc /sys /dev
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/ttyS0 >/dev/ttyS0 2>&1
dmesg -n 1
echo
report text "$(address _text)"
echo "pvh-report: end"
"$1"
echo "pvh-report: end"
poweroff -f
