/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: sections mean nothing on the host. */
#ifndef UNIT_LINUX_INIT_H
#define UNIT_LINUX_INIT_H

#define __init
#define __initconst
#define __refdata

#endif
