/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to the PVH boot stub.
 *
 * start_info.c and boot_params.c are its pure core: bytes in, struct out, no
 * state, no privileged instruction.  The same source is built for host tests.
 */
#ifndef _XEN_PVH_H
#define _XEN_PVH_H

#include <linux/init.h>
#include <linux/linkage.h>
#include <linux/types.h>

struct boot_params;
struct hvm_modlist_entry;
struct hvm_memmap_table_entry;
struct hvm_start_info;

/**
 * enum pvh_error - what the stub cannot go on with
 * @PVH_OK: nothing
 * @PVH_BAD_MAGIC: this is no start_info
 * @PVH_NO_MEMMAP: no memory map, and no Xen to ask for one
 * @PVH_MEMMAP_TOO_LONG: more entries than boot_params holds
 * @PVH_MEMMAP_OUT_OF_REACH: the memory map does not end below 4 GiB
 * @PVH_MODLIST_OUT_OF_REACH: the module list does not end below 4 GiB
 * @PVH_INITRD_OUT_OF_REACH: the native entry cannot address all of the initrd
 * @PVH_CMDLINE_OUT_OF_REACH: the native entry cannot address the command line
 * @PVH_NO_LONG_MODE: the CPU cannot run this kernel; printed by entry.S
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
	/* private: */
	PVH_NR_ERRORS
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

/* Core: start_info.c */
struct pvh_status pvh_copy_start_info(struct hvm_start_info *info,
				      const void *src);
struct pvh_status pvh_check_start_info(const struct hvm_start_info *info,
				       bool map_from_xen);

/* Core: boot_params.c */
void pvh_init_boot_params(struct boot_params *bp,
			  const struct hvm_start_info *info, bool xen);
struct pvh_status pvh_set_memmap(struct boot_params *bp,
				 const struct hvm_memmap_table_entry *map,
				 u32 entries);
struct pvh_status pvh_set_initrd(struct boot_params *bp,
				 const struct hvm_modlist_entry *module);
struct pvh_status pvh_set_cmdline(struct boot_params *bp, u64 paddr);

/* fail.c */
void __noreturn pvh_fail(struct pvh_status status);

/* main.c, called by entry.S */
asmlinkage struct boot_params *pvh_main(unsigned long start_info_paddr);

#endif /* _XEN_PVH_H */
