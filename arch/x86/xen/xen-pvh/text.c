// SPDX-License-Identifier: GPL-2.0
/* The words for what can be wrong with what a loader hands over. */

#include <linux/array_size.h>
#include <linux/types.h>

#include "pvh.h"

/* Arrays, not pointers: a pointer would depend on the link address. */
static const char errors[PVH_NR_ERRORS][48] __initconst = {
	[PVH_BAD_MAGIC]			= "start_info: bad magic",
	[PVH_NO_MEMMAP]			= "start_info: no memory map, in version",
	[PVH_MEMMAP_TOO_LONG]		= "start_info: memmap_entries too large",
	[PVH_MEMMAP_OUT_OF_REACH]	= "start_info: memmap_paddr out of reach",
	[PVH_MODLIST_OUT_OF_REACH]	= "start_info: modlist_paddr out of reach",
	[PVH_INITRD_OUT_OF_REACH]	= "module 0: initrd out of reach",
	[PVH_CMDLINE_OUT_OF_REACH]	= "start_info: cmdline_paddr out of reach",
	[PVH_START_INFO_OUT_OF_REACH]	= "start_info: out of reach",
	[PVH_START_INFO_IN_KERNEL]	= "start_info: overlaps the kernel",
	[PVH_MEMMAP_IN_KERNEL]		= "start_info: memmap_paddr overlaps the kernel",
	[PVH_MODLIST_IN_KERNEL]		= "start_info: modlist_paddr overlaps the kernel",
	[PVH_INITRD_IN_KERNEL]		= "module 0: initrd overlaps the kernel",
	[PVH_CMDLINE_IN_KERNEL]		= "start_info: cmdline_paddr overlaps the kernel",
	[PVH_TOO_LITTLE_RAM]		= "memory map: too little RAM, of size",
	[PVH_TOO_MANY_MODULES]		= "start_info: nr_modules too large",
	[PVH_NO_ROOM]			= "memory map: no free RAM for its rest, of size",
	[PVH_MEMMAP_TOO_COMPLEX]	= "memory map: too many ranges for this kernel",
};

static const char warnings[PVH_NR_WARNINGS][48] __initconst = {
	[PVH_MODULES_IGNORED]		= "modules after the first ignored",
	[PVH_MEMMAP_WRAPS]		= "memory map: entry wraps around",
	[PVH_RSDP_OUT_OF_REACH]		= "start_info: rsdp_paddr out of reach, ignored",
	[PVH_NO_RSDP]			= "start_info: no RSDP at rsdp_paddr, ignored",
};

static char * __init put_string(char *p, const char *s)
{
	while (*s)
		*p++ = *s++;
	return p;
}

static char * __init put_hex(char *p, u64 value)
{
	int shift = 60;

	while (shift && !(value >> shift))
		shift -= 4;

	p = put_string(p, "0x");
	for (; shift >= 0; shift -= 4) {
		u8 nibble = value >> shift & 0xf;

		*p++ = nibble + (nibble < 10 ? '0' : 'a' - 10);
	}
	return p;
}

/* Two digits do for all numbers. */
static unsigned int __init format(char *line, const char *kind, unsigned int number,
				  const char *text, u64 value)
{
	char *p = line;

	p = put_string(p, "xen-pvh: ");
	p = put_string(p, kind);
	*p++ = '0' + number / 10;
	*p++ = '0' + number % 10;
	p = put_string(p, ": ");
	p = put_string(p, text);
	p = put_string(p, " (");
	p = put_hex(p, value);
	p = put_string(p, ")\n");

	return p - line;
}

/**
 * pvh_format_error() - put an error into words
 * @line:	room for PVH_LINE_SIZE characters; no NUL ends them
 * @status:	an error that is not PVH_NO_LONG_MODE
 *
 * Return: the number of characters, the last of which ends the line.
 */
unsigned int __init pvh_format_error(char *line, struct pvh_status status)
{
	return format(line, "error ", status.error, errors[status.error],
		      status.value);
}

/**
 * pvh_format_warning() - put a warning into words
 * @line:	room for PVH_LINE_SIZE characters; no NUL ends them
 * @warning:	what was survived
 * @value:	content of the field
 *
 * Return: the number of characters, the last of which ends the line.
 */
unsigned int __init pvh_format_warning(char *line, enum pvh_warning warning, u64 value)
{
	return format(line, "warning ", warning, warnings[warning], value);
}
