/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the size of a page. */
#ifndef UNIT_ASM_PAGE_TYPES_H
#define UNIT_ASM_PAGE_TYPES_H

#define PAGE_SIZE	4096UL

#endif
