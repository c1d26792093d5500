/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the Makefile defines the options that the core asks for as 0 or 1. */
#ifndef UNIT_LINUX_KCONFIG_H
#define UNIT_LINUX_KCONFIG_H

#define IS_ENABLED(option)	(option)

#endif
