/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to the PVH boot stub.
 *
 * All but entry.S, main.c, fail.c and string.c is its pure core: bytes in, struct
 * out, no state, no privileged instruction.  The same source is built for tests,
 * see tests/.
 */
#ifndef _XEN_PVH_H
#define _XEN_PVH_H

/* Where a boot that ends is told of: fail.c, entry.S. */
#define DEBUG_PORT		0xe9
#define COM1_PORT		0x3f8

/* CPUID leaf 0, %ecx: "AuthenticAMD", "HygonGenuine". */
#define VENDOR_AMD_ECX		0x444d4163
#define VENDOR_HYGON_ECX	0x656e6975

#ifndef __ASSEMBLER__

#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <xen/interface/hvm/start_info.h>

struct boot_e820_entry;
struct boot_params;
struct setup_data;

/* The stub reads what the loader left below this address, no more. */
#define PVH_REACH		SZ_4G

/**
 * enum pvh_error - what the stub cannot go on with
 * @PVH_OK: nothing
 * @PVH_BAD_MAGIC: this is no start_info
 * @PVH_NO_MEMMAP: no memory map, and no Xen to ask for one
 * @PVH_MEMMAP_TOO_LONG: more entries than any loader has reason to pass
 * @PVH_MEMMAP_OUT_OF_REACH: the memory map does not end below 4 GiB
 * @PVH_MODLIST_OUT_OF_REACH: the module list does not end below 4 GiB
 * @PVH_INITRD_OUT_OF_REACH: the native entry cannot address all of the initrd
 * @PVH_CMDLINE_OUT_OF_REACH: the native entry cannot address the command line
 * @PVH_NO_LONG_MODE: the CPU cannot run this kernel; printed by entry.S
 * @PVH_START_INFO_OUT_OF_REACH: start_info does not end below 4 GiB
 * @PVH_START_INFO_IN_KERNEL: start_info overlaps the kernel
 * @PVH_MEMMAP_IN_KERNEL: the memory map overlaps the kernel
 * @PVH_MODLIST_IN_KERNEL: the module list overlaps the kernel
 * @PVH_INITRD_IN_KERNEL: the initrd overlaps the kernel
 * @PVH_CMDLINE_IN_KERNEL: the command line overlaps the kernel
 * @PVH_TOO_LITTLE_RAM: no kernel could come as far as saying so itself
 * @PVH_TOO_MANY_MODULES: more modules than any loader has reason to pass
 * @PVH_NO_ROOM: no free RAM for the part of the map that boot_params cannot hold
 * @PVH_MEMMAP_TOO_COMPLEX: more ranges than the kernel's own table holds
 *
 * The numbers are printed and documented, see Documentation/arch/x86/pvh.rst:
 * they never change their meaning.
 */
enum pvh_error {
	PVH_OK				= 0,
	PVH_BAD_MAGIC			= 1,
	PVH_NO_MEMMAP			= 2,
	PVH_MEMMAP_TOO_LONG		= 3,
	PVH_MEMMAP_OUT_OF_REACH		= 4,
	PVH_MODLIST_OUT_OF_REACH	= 5,
	PVH_INITRD_OUT_OF_REACH		= 6,
	PVH_CMDLINE_OUT_OF_REACH	= 7,
	PVH_NO_LONG_MODE		= 8,
	PVH_START_INFO_OUT_OF_REACH	= 9,
	PVH_START_INFO_IN_KERNEL	= 10,
	PVH_MEMMAP_IN_KERNEL		= 11,
	PVH_MODLIST_IN_KERNEL		= 12,
	PVH_INITRD_IN_KERNEL		= 13,
	PVH_CMDLINE_IN_KERNEL		= 14,
	PVH_TOO_LITTLE_RAM		= 15,
	PVH_TOO_MANY_MODULES		= 16,
	PVH_NO_ROOM			= 17,
	PVH_MEMMAP_TOO_COMPLEX		= 18,
	/* private: */
	PVH_NR_ERRORS
};

/**
 * enum pvh_warning - what the stub goes on without
 * @PVH_MODULES_IGNORED: modules after the first, which is the initrd
 * @PVH_MEMMAP_WRAPS: what of a memory map entry is above the address space
 * @PVH_RSDP_OUT_OF_REACH: the RSDP, at an address that the CPU does not have
 * @PVH_NO_RSDP: the RSDP, where there is none
 *
 * The kernel logs them; the numbers never change their meaning.
 */
enum pvh_warning {
	PVH_MODULES_IGNORED		= 1,
	PVH_MEMMAP_WRAPS		= 2,
	PVH_RSDP_OUT_OF_REACH		= 3,
	PVH_NO_RSDP			= 4,
	/* private: */
	PVH_NR_WARNINGS
};

/**
 * struct pvh_status - outcome of a step
 * @error: what was wrong, PVH_OK for nothing
 * @value: content of the field that was wrong
 */
struct pvh_status {
	enum pvh_error error;
	u64 value;
};

#define PVH_SUCCESS		((struct pvh_status){ .error = PVH_OK })
#define PVH_ERROR(_error, _value)					\
	((struct pvh_status){ .error = (_error), .value = (_value) })

/**
 * struct pvh_env - what the core has to know of where it runs
 * @memory: where physical address 0 is seen: the first 4 GiB are
 * @kernel_start: physical address of the kernel's image
 * @kernel_end: address after it, with .bss and .brk
 * @native_reach: first address that the native entry cannot map
 * @cpu_reach: first address that the kernel or its CPU cannot address
 * @min_ram: bytes of RAM that the kernel needs besides its initrd, so as to come
 *	far enough to say for itself that it needs more
 * @xen: the hypervisor is Xen
 * @map_from_xen: the kernel can ask Xen for a memory map
 */
struct pvh_env {
	unsigned long memory;
	u64 kernel_start;
	u64 kernel_end;
	u64 native_reach;
	u64 cpu_reach;
	u64 min_ram;
	bool xen;
	bool map_from_xen;
};

/**
 * struct pvh_boot - one boot: all that the core works on
 * @env: where it runs
 * @bp: the boot_params that are made
 * @start_info_paddr: where the loader put start_info
 * @info: copy of it; fields that its version lacks are zero
 * @initrd: copy of the first module's entry, zero without modules
 * @entries: number of memory map entries that were handed over
 * @ext: holds those that @bp has no room for, with its table full
 * @last: the one of them that was added last
 * @warned: what was survived, one bit for each enum pvh_warning
 * @warning_value: content of the field, for each bit set in @warned
 * @placed_start: first byte of RAM that was taken for a setup_data node
 * @placed_end: address after the last one
 */
struct pvh_boot {
	const struct pvh_env *env;
	struct boot_params *bp;
	u64 start_info_paddr;
	struct hvm_start_info info;
	struct hvm_modlist_entry initrd;
	u32 entries;
	struct setup_data *ext;
	struct boot_e820_entry *last;
	u32 warned;
	u64 warning_value[PVH_NR_WARNINGS];
	u64 placed_start;
	u64 placed_end;
};

/* A pointer to what is at a physical address below 4 GiB. */
static inline void *pvh_phys(const struct pvh_env *env, u64 paddr)
{
	return (void *)(env->memory + (unsigned long)paddr);
}

static inline const struct hvm_memmap_table_entry *
pvh_memmap(const struct pvh_boot *boot)
{
	return pvh_phys(boot->env, boot->info.memmap_paddr);
}

/* The end of a range; one that wraps around ends with the address space. */
static inline u64 pvh_end(u64 start, u64 size)
{
	return start + min(size, ~start);
}

/* Does a range end below a limit? */
static inline bool pvh_within(u64 start, u64 size, u64 limit)
{
	return start < limit && size <= limit - start;
}

/* Do two ranges, none of which wraps around, have a byte in common? */
static inline bool pvh_overlap(u64 start, u64 end, u64 other, u64 other_end)
{
	return max(start, other) < min(end, other_end);
}

static inline bool pvh_in_kernel(const struct pvh_env *env, u64 start, u64 size)
{
	return pvh_overlap(start, pvh_end(start, size),
			   env->kernel_start, env->kernel_end);
}

static inline void pvh_warn(struct pvh_boot *boot, enum pvh_warning warning,
			    u64 value)
{
	boot->warned |= 1U << warning;
	boot->warning_value[warning] = value;
}

/* Core: start_info.c */
struct pvh_status pvh_read_start_info(struct pvh_boot *boot);

/* Core: setup_data.c */
struct setup_data *pvh_new_node(struct pvh_boot *boot, u32 type, u32 len);

/* Core: ranges.c */
bool pvh_mergeable(u32 type);
u32 pvh_count_ranges(const struct pvh_boot *boot, u32 entries);
bool pvh_is_ram(const struct pvh_boot *boot, u64 start, u64 size);
u64 pvh_ram_size(const struct pvh_boot *boot, u64 enough);

/* Core: e820.c */
struct pvh_status pvh_set_memmap(struct pvh_boot *boot);

/* Core: boot_params.c */
struct pvh_status pvh_set_boot_params(struct pvh_boot *boot);

/* Core: text.c */
#define PVH_LINE_SIZE		96
unsigned int pvh_format_error(char *line, struct pvh_status status);
unsigned int pvh_format_warning(char *line, enum pvh_warning warning, u64 value);

/* fail.c */
void pvh_print(const char *line, unsigned int length);
void __noreturn pvh_fail(struct pvh_status status, bool xen);

/* The kernel's image, .bss and .brk included: see imports.h. */
extern const char kernel_start[], kernel_end[];

/* main.c, called by entry.S */
asmlinkage struct boot_params *pvh_main(unsigned long start_info_paddr);

#endif /* __ASSEMBLER__ */

#endif /* _XEN_PVH_H */
