/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the sizes that the core uses. */
#ifndef UNIT_LINUX_SIZES_H
#define UNIT_LINUX_SIZES_H

#define SZ_4G	0x100000000ULL
#define SZ_64T	0x400000000000ULL

#endif
