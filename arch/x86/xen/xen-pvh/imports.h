/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the PVH boot stub and the kernel know of each other, all of it: part of
 * the kernel's linker script.
 *
 * All symbols of the stub begin with __pvh_ (isolate.sh), so nothing outside
 * can be named in there but what gets such a name here.
 */
#ifdef CONFIG_X86_64
__pvh_startup_64 = startup_64;
#else
__pvh_startup_32 = startup_32;
#endif

/* What the loader may not have put anything into. */
__pvh_kernel_start = _text;
__pvh_kernel_end = _end;

/* Content of the ELF note, which has a relocation relative to its own place. */
__pvh_phys32_entry_value =
	ABSOLUTE(__pvh_phys32_entry_note) + ABSOLUTE(__pvh_entry - LOAD_OFFSET);
