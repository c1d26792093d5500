// SPDX-License-Identifier: GPL-2.0
/* Writing struct boot_params, as Documentation/arch/x86/boot.rst has it. */

#include <linux/compiler.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/wordpart.h>

#include <asm/bootparam.h>
#include <asm/pvh.h>
#include <asm/setup.h>

#include "pvh.h"

#define BOOT_FLAG		0xaa55
#define HEADER_MAGIC		0x53726448
#define PROTOCOL_VERSION	0x020f

/* An RSDP of revision 2, and what has a checksum in those of all revisions. */
#define RSDP_SIZE		36
#define RSDP_CHECKSUM_SIZE	20

/*
 * Xen and its tools keep clear of the first MiB, which belongs to the firmware
 * and its option ROMs where there are any: in an HVM domain QEMU has one that
 * comes here.
 */
static u8 __init loader_of(const struct pvh_boot *boot)
{
	return boot->env->xen && boot->start_info_paddr >= SZ_1M ?
	       X86_LOADER_XEN : X86_LOADER_QEMU;
}

/*
 * The hardware subarchitecture stays that of a PC: what else there is to know
 * of a PVH guest, the kernel asks the hypervisor.
 */
static void __init set_header(struct pvh_boot *boot)
{
	struct setup_header *hdr = &boot->bp->hdr;

	hdr->boot_flag = BOOT_FLAG;
	hdr->header = HEADER_MAGIC;
	hdr->version = PROTOCOL_VERSION;
	hdr->type_of_loader = loader_of(boot) << 4;
	hdr->loadflags = LOADED_HIGH;
}

/* Is there an RSDP, by its signature and its checksum? */
static bool __init is_rsdp(const u8 *rsdp)
{
	static const char signature[8] __initconst __nonstring = "RSD PTR ";
	u32 i;
	u8 sum = 0;

	for (i = 0; i < sizeof(signature); i++)
		if (rsdp[i] != signature[i])
			return false;
	for (i = 0; i < RSDP_CHECKSUM_SIZE; i++)
		sum += rsdp[i];

	return !sum;
}

/*
 * The kernel believes what it finds there, and follows its pointers: look at it
 * first, as far as the stub can.
 */
static void __init set_rsdp(struct pvh_boot *boot)
{
	u64 paddr = boot->info.rsdp_paddr;

	if (!paddr)
		return;
	if (!pvh_within(paddr, RSDP_SIZE, boot->env->cpu_reach))
		pvh_warn(boot, PVH_RSDP_OUT_OF_REACH, paddr);
	else if (pvh_in_kernel(boot->env, paddr, RSDP_SIZE) ||
		 (pvh_within(paddr, RSDP_SIZE, PVH_REACH) &&
		  !is_rsdp(pvh_phys(boot->env, paddr))))
		pvh_warn(boot, PVH_NO_RSDP, paddr);
	else
		boot->bp->acpi_rsdp_addr = paddr;
}

static struct pvh_status __init set_initrd(struct pvh_boot *boot)
{
	struct boot_params *bp = boot->bp;
	u64 paddr = boot->initrd.paddr, size = boot->initrd.size;

	if (!size)
		return PVH_SUCCESS;
	if (!pvh_within(paddr, size, boot->env->native_reach))
		return PVH_ERROR(PVH_INITRD_OUT_OF_REACH, paddr);
	if (pvh_in_kernel(boot->env, paddr, size))
		return PVH_ERROR(PVH_INITRD_IN_KERNEL, paddr);

	bp->hdr.ramdisk_image = lower_32_bits(paddr);
	bp->hdr.ramdisk_size = lower_32_bits(size);
	bp->ext_ramdisk_image = upper_32_bits(paddr);
	bp->ext_ramdisk_size = upper_32_bits(size);

	return PVH_SUCCESS;
}

/* An initrd that is not in RAM is moved there: it takes its size once more. */
static struct pvh_status __init check_ram(const struct pvh_boot *boot)
{
	const struct hvm_modlist_entry *initrd = &boot->initrd;
	u64 enough = boot->env->min_ram + initrd->size;
	u64 ram;

	if (!boot->entries)
		return PVH_SUCCESS;

	if (!pvh_is_ram(boot, initrd->paddr, initrd->size))
		enough += initrd->size;
	ram = pvh_ram_size(boot, enough);

	return ram < enough ? PVH_ERROR(PVH_TOO_LITTLE_RAM, ram) : PVH_SUCCESS;
}

/* Does what the kernel will use of the command line lie in its own image? */
static bool __init cmdline_in_kernel(const struct pvh_env *env, u64 paddr)
{
	if (!pvh_in_kernel(env, paddr, COMMAND_LINE_SIZE))
		return false;

	for (; paddr < env->kernel_start; paddr++)
		if (!*(const char *)pvh_phys(env, paddr))
			return false;

	return true;
}

/* The kernel copies COMMAND_LINE_SIZE bytes, however long the line is. */
static struct pvh_status __init set_cmdline(struct pvh_boot *boot)
{
	u64 paddr = boot->info.cmdline_paddr;

	if (!pvh_within(paddr, COMMAND_LINE_SIZE, boot->env->native_reach))
		return PVH_ERROR(PVH_CMDLINE_OUT_OF_REACH, paddr);
	if (cmdline_in_kernel(boot->env, paddr))
		return PVH_ERROR(PVH_CMDLINE_IN_KERNEL, paddr);

	boot->bp->hdr.cmd_line_ptr = lower_32_bits(paddr);
	boot->bp->ext_cmd_line_ptr = upper_32_bits(paddr);

	return PVH_SUCCESS;
}

/* One line for each warning. Without room for them the rest is lost. */
static void __init set_messages(struct pvh_boot *boot)
{
	struct setup_data *node;
	enum pvh_warning i;

	if (!boot->warned)
		return;
	node = pvh_new_node(boot, SETUP_MESSAGES, PVH_NR_WARNINGS * PVH_LINE_SIZE);
	if (!node)
		return;

	node->len = 0;
	for (i = 0; i < PVH_NR_WARNINGS; i++)
		if (boot->warned & 1U << i)
			node->len += pvh_format_warning(node->data + node->len, i,
							boot->warning_value[i]);
	boot->warned = 0;
}

/**
 * pvh_set_boot_params() - make boot_params of what the loader handed over
 * @boot:	its @env, @bp and @start_info_paddr have been set, all else is zero
 *
 * What had to be left out without being an error goes to the kernel's log, in a
 * SETUP_MESSAGES node. @boot->warned tells what of it found no room.
 *
 * Return: what cannot be handed over, or PVH_OK.
 */
struct pvh_status __init pvh_set_boot_params(struct pvh_boot *boot)
{
	struct pvh_status status;

	__builtin_memset(boot->bp, 0, sizeof(*boot->bp));

	status = pvh_read_start_info(boot);
	if (!status.error) {
		set_header(boot);
		set_rsdp(boot);
		status = pvh_set_memmap(boot);
	}
	if (!status.error)
		status = set_initrd(boot);
	if (!status.error)
		status = check_ram(boot);
	if (!status.error)
		status = set_cmdline(boot);
	if (!status.error)
		set_messages(boot);

	return status;
}
