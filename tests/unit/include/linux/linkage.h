/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: calling conventions are the compiler's. */
#ifndef UNIT_LINUX_LINKAGE_H
#define UNIT_LINUX_LINKAGE_H

#define asmlinkage

#endif
