/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers on the command lines of dom0's programs. */
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* Decimal, or hexadecimal after 0x; what is no number ends the program. */
static uint64_t number(const char *text)
{
	char *end;
	uint64_t value;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		errx(2, "not a number: %s", text);
	return value;
}
