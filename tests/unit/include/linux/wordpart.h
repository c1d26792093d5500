/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in for the kernel's linux/wordpart.h. */
#ifndef UNIT_LINUX_WORDPART_H
#define UNIT_LINUX_WORDPART_H

#define upper_32_bits(n)	((u32)((u64)(n) >> 32))
#define lower_32_bits(n)	((u32)(n))

#endif
