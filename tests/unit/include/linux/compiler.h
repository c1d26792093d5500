/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: attributes that the core uses. */
#ifndef UNIT_LINUX_COMPILER_H
#define UNIT_LINUX_COMPILER_H

#if __has_attribute(__nonstring__)
#define __nonstring	__attribute__((__nonstring__))
#else
#define __nonstring
#endif

#endif
