/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: boot_params is all that is used of it. */
#include <asm/bootparam.h>
