/* SPDX-License-Identifier: GPL-2.0 */

/*
 * Copyright C 2016, Oracle and/or its affiliates. All rights reserved.
 */

	.code32
#define rva(x)          ((x) - pvh_start_xen)

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
#include <xen/interface/elfnote.h>
#include "pvh.h"

	__INIT

/*
 * Entry point for PVH guests.
 *
 * Xen ABI specifies the following register state when we come here:
 *
 * - `ebx`: contains the physical memory address where the loader has placed
 *          the boot start info structure.
 * - `cr0`: bit 0 (PE) must be set. All the other writeable bits are cleared.
 * - `cr4`: all bits are cleared.
 * - `cs `: must be a 32-bit read/execute code segment with a base of `0`
 *          and a limit of `0xFFFFFFFF`. The selector value is unspecified.
 * - `ds`, `es`: must be a 32-bit read/write data segment with a base of
 *               `0` and a limit of `0xFFFFFFFF`. The selector values are all
 *               unspecified.
 * - `tr`: must be a 32-bit TSS (active) with a base of '0' and a limit
 *         of '0x67'.
 * - `eflags`: bit 17 (VM) must be cleared. Bit 9 (IF) must be cleared.
 *             Bit 8 (TF) must be cleared. Other bits are all unspecified.
 *
 * All other processor registers and flag bits are unspecified. The OS is in
 * charge of setting up its own stack, GDT and IDT.
 */
SYM_CODE_START(pvh_start_xen)
	UNWIND_HINT_END_OF_STACK
	cld

	/*
	 * See the comment for startup_32 for more details.  We need to
	 * execute a call to get the execution address to be position
	 * independent, but we don't have a stack.  Save and restore the
	 * magic field of start_info in ebx, and use that as the stack.
	 */
	mov  (%ebx), %eax
	leal 4(%ebx), %esp
	ANNOTATE_INTRA_FUNCTION_CALL
	call 1f
1:	popl %ebp
	mov  %eax, (%ebx)
	subl $rva(1b), %ebp

	leal rva(pvh_stack_end)(%ebp), %esp

	leal rva(pvh_gdt)(%ebp), %eax
	movl %eax, 2(%eax)
	lgdt (%eax)

	mov $__BOOT_DS, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss

#ifdef CONFIG_X86_64
	/* Without long mode, writing EFER.LME faults or has no effect. */
	movl %ebx, %esi
	movl $PVH_NO_LONG_MODE, %edi
	movl $0x80000000, %eax
	cpuid
	cmpl $0x80000001, %eax
	jb pvh_die
	movl $0x80000001, %eax
	cpuid
	btl $(X86_FEATURE_LM & 31), %edx
	jnc pvh_die

	/* Enable PAE mode. */
	mov %cr4, %eax
	orl $X86_CR4_PAE, %eax
	mov %eax, %cr4

	/* Enable Long mode. */
	mov $MSR_EFER, %ecx
	rdmsr
	btsl $_EFER_LME, %eax
	wrmsr

	/*
	 * Map the first 4 GiB 1:1, one page each at levels 4 and 3. The C-bit
	 * is not set: SEV and TDX guests cannot use this entry.
	 */
	leal rva(pvh_pgtable)(%ebp), %edi
	movl %edi, %cr3
	xorl %eax, %eax
	movl $(2 * PAGE_SIZE / 4), %ecx
	rep stosl
	leal (_KERNPG_TABLE_NOENC - PAGE_SIZE)(%edi), %eax
	movl %eax, -2 * PAGE_SIZE(%edi)
	.irp gib, 0, 1, 2, 3
	addl $PAGE_SIZE, %eax
	movl %eax, (-PAGE_SIZE + 8 * \gib)(%edi)
	.endr

	/* Fill in level 2 until the address wraps at 4 GiB. */
	movl $(__PAGE_KERNEL_LARGE_EXEC & ~_PAGE_GLOBAL), %eax
1:
	.irp slot, 0, 8, 16, 24, 32, 40, 48, 56
	movl %eax, \slot(%edi)
	movl $0, (\slot + 4)(%edi)
	addl $PMD_SIZE, %eax
	.endr
	leal 64(%edi), %edi
	jnc 1b

	/* Enable paging. */
	mov $(X86_CR0_PG | X86_CR0_PE), %eax
	mov %eax, %cr0

	/* Jump to 64-bit mode. */
	pushl $__BOOT_CS
	leal rva(pvh_start_64)(%ebp), %eax
	pushl %eax
	lretl
SYM_CODE_END(pvh_start_xen)

	.code64
SYM_CODE_START_LOCAL(pvh_start_64)
	UNWIND_HINT_END_OF_STACK
	/* The upper halves of registers are undefined after the switch. */
	movl %ebp, %ebp
	leaq pvh_stack_end(%rip), %rsp
	leaq pvh_bootparams(%rip), %rdi
	movl %esi, %esi
	leaq _text(%rip), %rdx
	leaq _end(%rip), %rcx
	call pvh_fill_boot_params
	movl %eax, %edi
	testl %eax, %eax
	jnz pvh_die

#ifdef CONFIG_RANDOMIZE_BASE
	leaq pvh_bootparams(%rip), %rdi
	leaq _text(%rip), %rsi
	leaq _end(%rip), %rdx
	leaq __relocs_end(%rip), %rcx
	call pvh_kaslr
#endif

	leaq pvh_bootparams(%rip), %rdi
	call pvh_use_la57
	testb %al, %al
	jz pvh_start_kernel

	/* CR4.LA57 can only be set with paging disabled: leave 64-bit mode. */
	pushq $__KERNEL32_CS
	leaq rva(pvh_enable_la57)(%rbp), %rax
	pushq %rax
	lretq
SYM_CODE_END(pvh_start_64)

	.code32
SYM_CODE_START_LOCAL(pvh_enable_la57)
	UNWIND_HINT_END_OF_STACK
	movl %cr0, %ebx
	btrl $X86_CR0_PG_BIT, %ebx
	movl %ebx, %cr0

	/* Point entry 0 of the level 5 table to the level 4 table. */
	movl %cr3, %esi
	orl $_KERNPG_TABLE_NOENC, %esi
	leal rva(pvh_pgtable_l5)(%ebp), %edi
	movl %edi, %cr3
	xorl %eax, %eax
	movl $(PAGE_SIZE / 4), %ecx
	rep stosl
	movl %esi, -PAGE_SIZE(%edi)

	/* As in la57toggle.S: the hypervisor may have cleared EFER.LME. */
	movl $MSR_EFER, %ecx
	rdmsr
	btsl $_EFER_LME, %eax
	wrmsr

	movl %cr4, %eax
	orl $X86_CR4_LA57, %eax
	movl %eax, %cr4
	btsl $X86_CR0_PG_BIT, %ebx
	movl %ebx, %cr0

	pushl $__BOOT_CS
	leal rva(pvh_start_kernel)(%ebp), %eax
	pushl %eax
	lretl
SYM_CODE_END(pvh_enable_la57)

	.code64
SYM_CODE_START_LOCAL(pvh_start_kernel)
	UNWIND_HINT_END_OF_STACK
	/* startup_64 expects boot_params in %rsi. */
	leaq pvh_bootparams(%rip), %rsi
	jmp startup_64
SYM_CODE_END(pvh_start_kernel)
#else /* CONFIG_X86_64 */
	pushl $__BOOT_CS
	leal rva(1f)(%ebp), %eax
	pushl %eax
	lretl

1:
	leal rva(pvh_bootparams)(%ebp), %esi
	leal rva(_end)(%ebp), %eax
	pushl %eax
	leal rva(_text)(%ebp), %eax
	pushl %eax
	pushl %ebx
	pushl %esi
	call pvh_fill_boot_params
	movl %eax, %edi
	testl %eax, %eax
	jnz pvh_die

	/*
	 * startup_32 expects boot_params in %esi, and zero in %ebp, %ebx and
	 * %edi, which has the return value.
	 */
	xorl %ebp, %ebp
	xorl %ebx, %ebx
	jmp startup_32
SYM_CODE_END(pvh_start_xen)
#endif

/*
 * Print the message for the error in %edi to port 0xe9, the debug console of
 * QEMU and Xen, and to COM1. Then halt with interrupts disabled, which Xen takes
 * for a power-off. The instructions are the same in 32-bit and 64-bit mode.
 */
SYM_CODE_START_LOCAL(pvh_die)
	UNWIND_HINT_END_OF_STACK
	shll $6, %edi
	leal rva(pvh_messages)(%_ASM_BP, %_ASM_DI), %esi
	movl $0x3f8, %edx
1:	lodsb
	outb %al, $0xe9
	outb %al, %dx
	cmpb $'\n', %al
	jne 1b
2:	hlt
	jmp 2b
SYM_CODE_END(pvh_die)

	__INITDATA
	.balign 8
SYM_DATA_START_LOCAL(pvh_gdt)
	.word pvh_gdt_end - pvh_gdt - 1, 0, 0, 0
#ifdef CONFIG_X86_64
	.quad GDT_ENTRY(DESC_CODE32, 0, 0xfffff) /* __KERNEL32_CS */
	.quad GDT_ENTRY(DESC_CODE64, 0, 0xfffff) /* __BOOT_CS */
#else
	.quad 0
	.quad GDT_ENTRY(DESC_CODE32, 0, 0xfffff) /* __BOOT_CS */
#endif
	.quad GDT_ENTRY(DESC_DATA32, 0, 0xfffff) /* __BOOT_DS */
SYM_DATA_END_LABEL(pvh_gdt, SYM_L_LOCAL, pvh_gdt_end)

	.macro pvh_message error, text
	.org pvh_messages + 64 * \error
	.ascii "pvh: \text\r\n"
	.endm

SYM_DATA_START_LOCAL(pvh_messages)
	pvh_message PVH_BAD_MAGIC, "start_info has a bad magic number"
	pvh_message PVH_NO_MEMMAP, "no memory map in start_info"
	pvh_message PVH_BAD_MEMMAP, "memory map above 4 GiB, in the kernel or too long"
	pvh_message PVH_BAD_MODLIST, "module list above 4 GiB or in the kernel"
	pvh_message PVH_BAD_START_INFO, "start_info above 4 GiB or in the kernel"
	pvh_message PVH_NO_LONG_MODE, "64-bit kernel, but the CPU has no long mode"
	pvh_message PVH_BAD_LOAD_ADDR, "kernel not loaded at a supported address"
	pvh_message PVH_BAD_INITRD, "initrd overlaps the kernel"
	pvh_message PVH_BAD_CMDLINE, "command line overlaps the kernel or is above 4 GiB"
SYM_DATA_END(pvh_messages)

	/* Read after startup_{32|64} have cleared .bss. */
	.balign 16
SYM_DATA_LOCAL(pvh_bootparams, .fill 4096)

	/* Unused once the kernel has loaded its own page tables. */
	.section .bss..brk, "aw", @nobits
	.balign PAGE_SIZE
#ifdef CONFIG_X86_64
SYM_DATA_LOCAL(pvh_pgtable, .fill 6 * PAGE_SIZE)
SYM_DATA_LOCAL(pvh_pgtable_l5, .fill PAGE_SIZE)
#endif
SYM_DATA_START_LOCAL(pvh_stack)
	.fill PAGE_SIZE
SYM_DATA_END_LABEL(pvh_stack, SYM_L_LOCAL, pvh_stack_end)

#ifdef CONFIG_X86_64
	/* Alignment, lowest and highest address. Xen adds 1 to the last in 32 bits. */
	ELFNOTE(Xen, XEN_ELFNOTE_PHYS32_RELOC,
		     .long CONFIG_PHYSICAL_ALIGN;
		     .long LOAD_PHYSICAL_ADDR;
		     .long -PMD_SIZE - 1)
#endif

	ELFNOTE(Xen, XEN_ELFNOTE_PHYS32_ENTRY, .global xen_elfnote_phys32_entry;
		xen_elfnote_phys32_entry: _ASM_PTR xen_elfnote_phys32_entry_value - .)
