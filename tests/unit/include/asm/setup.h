/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the length that the kernel copies of a command line, whatever it is. */
#ifndef UNIT_ASM_SETUP_H
#define UNIT_ASM_SETUP_H

#define COMMAND_LINE_SIZE	2048

#endif
