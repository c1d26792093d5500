/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: what the core's declarations are marked with means nothing on the host. */
#ifndef UNIT_LINUX_INIT_H
#define UNIT_LINUX_INIT_H

#define __init
#define __initconst
#define __refdata
#define __noreturn	__attribute__((__noreturn__))

#endif
