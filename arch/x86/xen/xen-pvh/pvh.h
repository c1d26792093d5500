/* SPDX-License-Identifier: GPL-2.0 */
/* Private to the PVH boot stub. */
#ifndef _XEN_PVH_H
#define _XEN_PVH_H

/* Fatal errors. entry.S has a message for each. */
#define PVH_BAD_MAGIC		1
#define PVH_NO_MEMMAP		2
#define PVH_BAD_MEMMAP		3
#define PVH_BAD_MODLIST		4
#define PVH_BAD_START_INFO	5
#define PVH_NO_LONG_MODE	6
#define PVH_BAD_LOAD_ADDR	7
#define PVH_BAD_INITRD		8
#define PVH_BAD_CMDLINE		9

#ifndef __ASSEMBLER__

#include <linux/linkage.h>
#include <asm/bootparam.h>
#include <xen/interface/hvm/start_info.h>

asmlinkage int pvh_fill_boot_params(struct boot_params *bp,
				    unsigned long start_info,
				    unsigned long kernel,
				    unsigned long kernel_end);
asmlinkage void pvh_kaslr(struct boot_params *bp, void *text, void *end,
			  const u16 *relocs_end);
asmlinkage bool pvh_use_la57(const struct boot_params *bp);

#ifndef pvh_va		/* KUnit */
#define pvh_va(paddr)	((void *)(unsigned long)(paddr))
#endif

#endif /* __ASSEMBLER__ */
#endif /* _XEN_PVH_H */
