// SPDX-License-Identifier: GPL-2.0
/*
 * Runs in dom0: shows how many entries a domain grants access with in the first
 * page of its grant table, apart from those of Xen's tools: grants DOMID
 */
#include <dlfcn.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include "number.h"

#define PAGE_SIZE	4096
#define GRANT_TABLE	1
#define RESERVED	8
#define TYPE_MASK	3

struct grant_entry_v1 {
	uint16_t flags, domid;
	uint32_t frame;
};

/* Declared here, since Xen's headers are not where this is built. */
typedef void *(*open_function)(void *logger, unsigned int flags);
typedef void *(*map_function)(void *handle, uint32_t domid, unsigned int type, unsigned int id, unsigned long frame,
			      unsigned long frames, void **address, int prot, int flags);

static void *function(const char *name)
{
	void *library = dlopen("libxenforeignmemory.so.1", RTLD_NOW);
	void *found = library ? dlsym(library, name) : NULL;

	if (!found)
		errx(1, "%s", dlerror());
	return found;
}

int main(int argc, char *argv[])
{
	struct grant_entry_v1 *table = NULL;
	unsigned int i, count = 0;
	void *handle;

	if (argc != 2)
		errx(2, "DOMID");
	handle = ((open_function)function("xenforeignmemory_open"))(NULL, 0);
	if (!handle || !((map_function)function("xenforeignmemory_map_resource"))
			(handle, number(argv[1]), GRANT_TABLE, 0, 0, 1, (void **)&table, PROT_READ, 0))
		err(1, "the grant table");
	for (i = RESERVED; i < PAGE_SIZE / sizeof(*table); i++)
		count += !!(table[i].flags & TYPE_MASK);
	printf("%u\n", count);
	return 0;
}
