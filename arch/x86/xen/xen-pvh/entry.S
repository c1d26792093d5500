/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PVH entry: from the x86/HVM direct boot ABI to C, and on to the native
 * entry.
 */
#include <linux/elfnote.h>
#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/asm.h>
#include <asm/boot.h>
#include <asm/cpufeatures.h>
#include <asm/desc_defs.h>
#include <asm/msr-index.h>
#include <asm/page_types.h>
#include <asm/pgtable_types.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/unwind_hints.h>
#include <asm/xen/cpuid.h>
#include <xen/interface/elfnote.h>
#include <xen/interface/xen.h>
#include "pvh.h"

/*
 * There is no return thunk to go to from here, so returns are plain ones, each
 * followed by what stops straight-line speculation.
 */

/* Distance from the entry, whose physical address is kept in %ebp. */
#define rva(x)		((x) - entry)

#define STACK_SIZE	PAGE_SIZE

/* Where the leaves of hypervisors end. */
#define CPUID_END	0x40010000

/* xen/interface/sched.h has these for C only. */
#define SCHEDOP_SHUTDOWN	2
#define SHUTDOWN_CRASH		3

	__INIT
	.code32
/*
 * The ABI (docs/misc/pvh.pandoc in Xen's sources) hands over:
 *
 * - %ebx: physical address of struct hvm_start_info
 * - %cr0: PE set, all other writeable bits clear; %cr4: all bits clear
 * - %cs: flat 32-bit code segment; %ds, %es, %ss: flat 32-bit data segments;
 *   selectors unspecified, so no segment can be loaded before the GDT is ours
 * - %tr: 32-bit TSS, active
 * - %eflags: VM, IF and TF clear
 *
 * Nothing else is specified.  There is no stack and no address to find one by:
 * %ebx may be wrong.
 */
SYM_CODE_START(entry)
	UNWIND_HINT_END_OF_STACK
	cld
	movl	%ebx, %esi

	/*
	 * Find out where this runs: a call needs a stack.  Borrow four bytes of
	 * RAM for the return address, at 0, where the ABI does not let loaders
	 * put anything.  Where that is no RAM, go on to the next page: at the
	 * latest the kernel itself is in some.
	 */
	xorl	%edi, %edi
1:	movl	(%edi), %eax
	notl	(%edi)
	movl	(%edi), %ecx
	notl	%ecx
	cmpl	%eax, %ecx
	je	2f
	addl	$PAGE_SIZE, %edi
	jmp	1b

2:	leal	4(%edi), %esp
	ANNOTATE_INTRA_FUNCTION_CALL
	call	3f
3:	popl	%ebp
	movl	%eax, (%edi)
	subl	$rva(3b), %ebp

	leal	rva(stack_end)(%ebp), %esp

	leal	rva(gdt)(%ebp), %eax
	pushl	%eax
	pushw	$(gdt_end - gdt - 1)
	lgdt	(%esp)
	addl	$6, %esp

	movl	$__BOOT_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss

#ifdef CONFIG_X86_64
	call	require_long_mode
	call	build_page_tables
	call	enable_long_mode
	leal	rva(entry_64)(%ebp), %eax
#else
	leal	rva(entry_32)(%ebp), %eax
#endif
	pushl	$__BOOT_CS
	pushl	%eax
	lretl
SYM_CODE_END(entry)

#ifdef CONFIG_X86_64

/*
 * Where the CPU cannot run the rest, and pvh_fail() with it, since that is
 * 64-bit code: print a line and stop.
 */
SYM_FUNC_START_LOCAL(require_long_mode)
	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	1f
	movl	$0x80000001, %eax
	cpuid
	btl	$(X86_FEATURE_LM & 31), %edx
	jnc	1f
	ret
	int3

1:	leal	rva(no_long_mode)(%ebp), %esi
	movw	$COM1_PORT, %dx
2:	lodsb
	testb	%al, %al
	jz	3f
	outb	%al, $DEBUG_PORT
	outb	%al, %dx
	jmp	2b
3:	call	xen_crash
4:	cli
	hlt
	jmp	4b
SYM_FUNC_END(require_long_mode)

/* Tell Xen, if this is Xen, that the domain has crashed.  Clobbers all but %ebp. */
SYM_FUNC_START_LOCAL(xen_crash)
	movl	$XEN_CPUID_FIRST_LEAF, %edi
1:	movl	%edi, %eax
	cpuid
	cmpl	$XEN_CPUID_SIGNATURE_EBX, %ebx
	jne	2f
	cmpl	$XEN_CPUID_SIGNATURE_ECX, %ecx
	jne	2f
	cmpl	$XEN_CPUID_SIGNATURE_EDX, %edx
	je	3f
2:	addl	$0x100, %edi
	cmpl	$CPUID_END, %edi
	jb	1b
	ret
	int3

	/* AMD's instruction is not Intel's: see pvh_fail(). */
3:	xorl	%eax, %eax
	cpuid
	cmpl	$VENDOR_AMD_ECX, %ecx
	je	4f
	cmpl	$VENDOR_HYGON_ECX, %ecx
4:	movl	$__HYPERVISOR_sched_op, %eax
	movl	$SCHEDOP_SHUTDOWN, %ebx
	leal	rva(crash)(%ebp), %ecx
	je	5f
	vmcall
	ret
	int3
5:	vmmcall
	ret
	int3
SYM_FUNC_END(xen_crash)

/*
 * Map the first 4 GiB one to one, which is where loaders put what they hand
 * over: one page of each upper level, four of 2 MiB mappings.  Clobbers %eax,
 * %ecx, %edi.
 */
SYM_FUNC_START_LOCAL(build_page_tables)
	leal	rva(page_tables)(%ebp), %edi
	xorl	%eax, %eax
	movl	$(2 * PAGE_SIZE / 4), %ecx
	rep stosl

	leal	(_KERNPG_TABLE_NOENC - PAGE_SIZE)(%edi), %eax
	movl	%eax, (-2 * PAGE_SIZE)(%edi)
	.irp	gib, 0, 1, 2, 3
	addl	$PAGE_SIZE, %eax
	movl	%eax, (-PAGE_SIZE + 8 * \gib)(%edi)
	.endr

	/* Eight entries a turn, until the address wraps at 4 GiB. */
	movl	$(_KERNPG_TABLE_NOENC | _PAGE_PSE), %eax
1:	.irp	slot, 0, 1, 2, 3, 4, 5, 6, 7
	movl	%eax, (8 * \slot)(%edi)
	movl	$0, (8 * \slot + 4)(%edi)
	addl	$PMD_SIZE, %eax
	.endr
	leal	(8 * 8)(%edi), %edi
	jnc	1b
	ret
	int3
SYM_FUNC_END(build_page_tables)

/* Turn paging on, and with it long mode.  Clobbers %eax, %ecx, %edx. */
SYM_FUNC_START_LOCAL(enable_long_mode)
	movl	%cr4, %eax
	orl	$X86_CR4_PAE, %eax
	movl	%eax, %cr4

	leal	rva(page_tables)(%ebp), %eax
	movl	%eax, %cr3

	movl	$MSR_EFER, %ecx
	rdmsr
	btsl	$_EFER_LME, %eax
	wrmsr

	movl	%cr0, %eax
	orl	$X86_CR0_PG, %eax
	movl	%eax, %cr0
	ret
	int3
SYM_FUNC_END(enable_long_mode)

	.code64
SYM_CODE_START_LOCAL(entry_64)
	UNWIND_HINT_END_OF_STACK
	/* The upper halves of registers are undefined after the switch. */
	leaq	stack_end(%rip), %rsp
	movl	%esi, %edi
	call	pvh_main

	/* The 64-bit boot protocol: boot_params in %rsi, segments as set. */
	movq	%rax, %rsi
	jmp	startup_64
SYM_CODE_END(entry_64)

#else /* CONFIG_X86_32 */

SYM_CODE_START_LOCAL(entry_32)
	pushl	%esi
	call	pvh_main

	/* The 32-bit boot protocol: boot_params in %esi, these others zero. */
	movl	%eax, %esi
	xorl	%ebp, %ebp
	xorl	%edi, %edi
	xorl	%ebx, %ebx
	jmp	startup_32
SYM_CODE_END(entry_32)

#endif /* CONFIG_X86_32 */

	__INITRODATA
	.balign	8
SYM_DATA_START_LOCAL(gdt)
	.quad	0
	.quad	0
#ifdef CONFIG_X86_64
	.quad	GDT_ENTRY(DESC_CODE64, 0, 0xfffff)	/* __BOOT_CS */
#else
	.quad	GDT_ENTRY(DESC_CODE32, 0, 0xfffff)	/* __BOOT_CS */
#endif
	.quad	GDT_ENTRY(DESC_DATA32, 0, 0xfffff)	/* __BOOT_DS */
SYM_DATA_END_LABEL(gdt, SYM_L_LOCAL, gdt_end)

#ifdef CONFIG_X86_64
SYM_DATA_LOCAL(no_long_mode, .asciz "xen-pvh: error 08: CPU: no long mode\r\n")
	.balign	4
SYM_DATA_LOCAL(crash, .long SHUTDOWN_CRASH)
#endif

	ELFNOTE(Xen, XEN_ELFNOTE_PHYS32_ENTRY, .global phys32_entry_note;
		phys32_entry_note: _ASM_PTR phys32_entry_value - .)

#ifdef CONFIG_X86_64
	ELFNOTE(Xen, XEN_ELFNOTE_PHYS32_RELOC,
		.long CONFIG_PHYSICAL_ALIGN;
		.long LOAD_PHYSICAL_ADDR;
		.long KERNEL_IMAGE_SIZE - 1)
#endif

	.section ".bss..page_aligned", "aw", @nobits
	.balign	PAGE_SIZE
#ifdef CONFIG_X86_64
SYM_DATA_LOCAL(page_tables, .fill 6 * PAGE_SIZE)
#endif
SYM_DATA_START_LOCAL(stack)
	.fill	STACK_SIZE
SYM_DATA_END_LABEL(stack, SYM_L_LOCAL, stack_end)
