/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where Xen starts the secondary CPUs of PVH domains, in the mode of the
 * kernel's own startup code and with flat segments, but without a GDT, and
 * with selectors of 0.  That code has segments to load, and the first interrupt
 * will save the selector of the code segment, for return.
 *
 * There is nothing that verify_cpu() would have to set right: to Xen all vCPUs
 * of a domain are alike, and EFER.NX is set as in the boot CPU.
 */

#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/page_types.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>

#ifdef CONFIG_X86_64

	.text

SYM_CODE_START(xen_pvh_startup_smp)
	UNWIND_HINT_END_OF_STACK
	ANNOTATE_NOENDBR
	lgdt	xen_pvh_smp_gdt_descr(%rip)
	/* There is no stack yet, and none is needed to pop from. */
	leaq	xen_pvh_smp_target(%rip), %rsp
	lretq
SYM_CODE_END(xen_pvh_startup_smp)

	.section .rodata
	.balign 8
SYM_DATA_START_LOCAL(xen_pvh_smp_target)
	.quad	secondary_startup_64_no_verify
	.quad	__KERNEL_CS
SYM_DATA_END(xen_pvh_smp_target)

SYM_DATA_START_LOCAL(xen_pvh_smp_gdt)
	.fill	GDT_ENTRY_KERNEL_CS, 8, 0
	.quad	0x00af9b000000ffff	/* 64-bit code, accessed */
SYM_DATA_END_LABEL(xen_pvh_smp_gdt, SYM_L_LOCAL, xen_pvh_smp_gdt_end)

SYM_DATA_START_LOCAL(xen_pvh_smp_gdt_descr)
	.word	xen_pvh_smp_gdt_end - xen_pvh_smp_gdt - 1
	.quad	xen_pvh_smp_gdt
SYM_DATA_END(xen_pvh_smp_gdt_descr)

#else

	.text

SYM_CODE_START(xen_pvh_startup_smp)
	/* Paging is off: these are physical addresses. */
	lgdt	xen_pvh_smp_gdt_descr - __PAGE_OFFSET
	jmp	startup_32_smp
SYM_CODE_END(xen_pvh_startup_smp)

/* What soft_restart_cpu() is to 64-bit kernels. */
SYM_CODE_START(xen_pvh_restart_cpu)
	movl	initial_stack, %esp
	call	*initial_code
	ud2
SYM_CODE_END(xen_pvh_restart_cpu)

	.section .rodata
SYM_DATA_START_LOCAL(xen_pvh_smp_gdt_descr)
	.word	__BOOT_DS + 7
	.long	boot_gdt - __PAGE_OFFSET
SYM_DATA_END(xen_pvh_smp_gdt_descr)

#endif
