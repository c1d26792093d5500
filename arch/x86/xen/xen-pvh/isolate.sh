#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Confine the PVH boot stub: isolate.sh IN IMPORTS OUT
#
# IN, the objects of the stub linked together, becomes OUT with all its symbols
# prefixed by __pvh_, if it
#  - takes nothing from the kernel but the symbols that IMPORTS gives a name,
#  - has no relocation that depends on where it is linked, and
#  - lives in sections that are freed after boot; of .bss only its page tables
#    and stack, since the native entry clears it.

set -e
export LC_ALL=C

in=$1
imports=$2
out=$3

fail()
{
	echo "$in: not isolated: $1:" >&2
	echo "$2" >&2
	exit 1
}

imported=$(sed -n 's/^__pvh_\([[:alnum:]_]*\) *=.*/\1/p' "$imports")
undefined=$("$NM" -u "$in" | awk -v imported="$imported" '
	BEGIN { split(imported, names); for (i in names) ok[names[i]] = 1
		ok["_GLOBAL_OFFSET_TABLE_"] = 1 }
	!($2 in ok) { print $2 }')
[ -z "$undefined" ] ||
	fail "symbols of the kernel that imports.h does not name" "$undefined"

# Sections that occupy memory, less those that the linker discards.
sections=$("$READELF" -SW "$in" | sed -n 's/^ *\[ *[0-9]*\] *//p' |
	awk '$7 ~ /A/ && $5 != "000000" && $1 !~ /^\.discard/ { print $1 }')

allowed='\.init\.(text|data|rodata)|\.bss\.\.page_aligned'
# What compilers make of their own accord: constants, and functions that load
# the 32-bit instruction pointer.  These are moved below.
allowed=$allowed'|\.rodata(\..*)?|\.text\.__x86\.get_pc_thunk\.[a-z]*'
# Notes, and what objtool tells the kernel.
allowed=$allowed'|\.note\.(Xen|gnu\.property)|\.orc_(unwind|unwind_ip|header)'
allowed=$allowed'|\.(call|return)_sites|\.ibt_endbr_seal'
misplaced=$(echo "$sections" | grep -Evx "$allowed" || :)
[ -z "$misplaced" ] ||
	fail "sections that outlive boot, or do not survive the native entry" "$misplaced"

relative='^R_X86_64_(PC32|PC64|PLT32)$|^R_386_(PC32|PLT32|GOTPC|GOTOFF)$'
absolute=$("$READELF" -rW "$in" | awk -v sections="$sections" -v relative="$relative" '
	BEGIN { split(sections, names); for (i in names) in_memory[names[i]] = 1 }
	/^Relocation section/ { name = $3; gsub(/\047/, "", name); sub(/^\.rela?/, "", name) }
	name in in_memory && $3 ~ /^R_/ && $3 !~ relative { print name ": " $0 }')
[ -z "$absolute" ] || fail "relocations that depend on the link address" "$absolute"

renames=$(echo "$sections" |
	sed -n 's/^\.\(rodata\|text\.\).*/--rename-section &=.init&/p')

# GOT-relative addresses need no GOT: its symbol, the linker's, keeps its name.
"$OBJCOPY" $renames --prefix-symbols=__pvh_ "$in" "$out"
"$OBJCOPY" --redefine-sym __pvh__GLOBAL_OFFSET_TABLE_=_GLOBAL_OFFSET_TABLE_ "$out"
