/* SPDX-License-Identifier: GPL-2.0 */
/* What the PVH entry tells the kernel that follows it. */
#ifndef _ASM_X86_PVH_H
#define _ASM_X86_PVH_H

/*
 * Boot loaders of the PVH entry, as Documentation/arch/x86/boot.rst numbers
 * them.  setup_header.type_of_loader has the number in its upper four bits.
 * The entry knows Xen from its CPUID leaves; every other loader passes for
 * QEMU.
 */
#define X86_LOADER_XEN		0x9
#define X86_LOADER_QEMU		0xb

#endif /* _ASM_X86_PVH_H */
