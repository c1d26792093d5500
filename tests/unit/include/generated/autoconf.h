/* SPDX-License-Identifier: GPL-2.0 */
/* Host stand-in: the Makefile defines what the kernel is configured to be. */
