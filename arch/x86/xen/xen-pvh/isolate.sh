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

# A list without what an extended regular expression matches whole.
without()
{
	printf '%s\n' "$1" | grep -Evx "$2" || [ $? -eq 1 ]
}

headers=$("$READELF" -SW "$in")
relocations=$("$READELF" -rW "$in")
symbols=$("$NM" "$in")
case $headers in
*.init.text*) ;;
*) fail "no .init.text among its sections" "$headers" ;;
esac

imported=$(sed -En 's/^__pvh_([[:alnum:]_]*) *=.*/|\1/p' "$imports" | tr -d '\n')
undefined=$(printf '%s\n' "$symbols" | awk '$1 == "U" || $2 == "C" { print $NF }')
undefined=$(without "$undefined" "_GLOBAL_OFFSET_TABLE_|$imported")
[ -z "$undefined" ] ||
	fail "symbols of the kernel that imports.h does not name" "$undefined"

# Sections that occupy memory, less those that the linker discards.
sections=$(printf '%s\n' "$headers" | sed -En 's/^ *\[ *[0-9]+\] *//p' |
	awk '$7 ~ /A/ && $5 != "000000" && $1 !~ /^\.discard/ { print $1 }')

allowed='\.init\.(text|data|rodata)|\.bss\.\.page_aligned|\.note\.(Xen|gnu\.property)'
# What compilers make of their own accord: constants, and functions that load
# the 32-bit instruction pointer.  These are moved below.
made='\.rodata(\..*)?|\.text\.__x86\.get_pc_thunk\.[a-z]*'
misplaced=$(without "$sections" "$allowed|$made")
[ -z "$misplaced" ] ||
	fail "sections that outlive boot, or do not survive the native entry" "$misplaced"

cleared=$(printf '%s\n' "$symbols" | awk '$2 ~ /^[bB]$/ { print $3 }')
cleared=$(without "$cleared" 'page_tables|stack|stack_end')
[ -z "$cleared" ] || fail "variables in .bss, which the native entry clears" "$cleared"

# A symbol that has no section, in the last field but two, is an address.
relative='^R_X86_64_(PC32|PC64|PLT32)$|^R_386_(PC32|PLT32|GOTPC|GOTOFF)$'
absolute=$(printf '%s\n' "$relocations" | awk -v relative="$relative" '
	/^Relocation section/ { name = $3; gsub(/\047/, "", name)
				sub(/^\.rela?/, "", name) }
	name !~ /^\.(discard|debug|comment)/ && $3 ~ /^R_/ &&
		($3 !~ relative || NF < 5) { print name ": " $0 }')
[ -z "$absolute" ] || fail "relocations that depend on the link address" "$absolute"

renames=$(printf '%s\n' "$sections" | grep -Ex "$made" |
	sed 's/.*/--rename-section &=.init&/' || :)

# GOT-relative addresses need no GOT: its symbol, the linker's, keeps its name.
"$OBJCOPY" $renames --prefix-symbols=__pvh_ "$in" "$out"
"$OBJCOPY" --redefine-sym __pvh__GLOBAL_OFFSET_TABLE_=_GLOBAL_OFFSET_TABLE_ "$out"
