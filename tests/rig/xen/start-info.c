// SPDX-License-Identifier: GPL-2.0
/*
 * Runs in dom0: shows and changes what a PVH domain that has not started yet
 * finds at its entry.
 *
 * start-info DOMID                      shows the address of its start_info
 * start-info DOMID read ADDRESS SIZE    shows bytes of its memory
 * start-info DOMID write ADDRESS BYTES  changes them
 * start-info DOMID map                  makes the lines of standard input,
 *                                       ADDRESS SIZE TYPE, the answer to
 *                                       XENMEM_memory_map
 *
 * Bytes, and the lines of the map, are hexadecimal. Built where Xen's headers
 * and libraries are not: finds the library when it runs, and declares the
 * little that it needs.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "number.h"

#define PAGE_SIZE	4096

/* The record of a vCPU in a saved HVM domain, up to the register sought. */
#define HVM_SAVE_CPU	2
#define HVM_SAVE_MAX	8192

struct hvm_hw_cpu {
	uint8_t fpu_regs[512];
	uint64_t rax, rbx;
};

struct e820entry {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

/* One more than Xen's own limit, so that its answer to too many can be seen. */
#define MAP_MAX		1025

/* The same in all releases of the library. */
static void *(*xc_interface_open)(void *logger, void *dombuild_logger, unsigned int flags);
static int (*xc_domain_hvm_getcontext_partial)(void *xch, uint32_t domid, uint16_t type,
					       uint16_t instance, void *buffer, uint32_t size);
static void *(*xc_map_foreign_range)(void *xch, uint32_t domid, int size, int prot,
				     unsigned long frame);
static int (*xc_domain_set_memory_map)(void *xch, uint32_t domid,
				       struct e820entry entries[], uint32_t nr_entries);

static void *xch;
static uint32_t domid;

static void *function(void *library, const char *name)
{
	void *found = dlsym(library, name);

	if (!found)
		errx(1, "%s", dlerror());
	return found;
}

static void open_xen(void)
{
	static const char *const names[] = { "libxenctrl.so.4.17", "libxenctrl.so.4.20" };
	void *library = NULL;
	unsigned int i;

	for (i = 0; !library && i < sizeof(names) / sizeof(names[0]); i++)
		library = dlopen(names[i], RTLD_NOW);
	if (!library)
		errx(1, "%s", dlerror());
	xc_interface_open = function(library, "xc_interface_open");
	xc_domain_hvm_getcontext_partial = function(library, "xc_domain_hvm_getcontext_partial");
	xc_map_foreign_range = function(library, "xc_map_foreign_range");
	xc_domain_set_memory_map = function(library, "xc_domain_set_memory_map");
	xch = xc_interface_open(NULL, NULL, 0);
	if (!xch)
		err(1, "xc_interface_open");
}

/* Copies bytes of the domain's memory, to it or from it. */
static void copy(uint64_t paddr, void *buffer, size_t size, int to_domain)
{
	while (size) {
		size_t offset = paddr % PAGE_SIZE, now = PAGE_SIZE - offset;
		char *page = xc_map_foreign_range(xch, domid, PAGE_SIZE, PROT_READ | PROT_WRITE,
						  paddr / PAGE_SIZE);

		if (!page)
			err(1, "mapping page 0x%llx", (unsigned long long)paddr);
		if (now > size)
			now = size;
		if (to_domain)
			memcpy(page + offset, buffer, now);
		else
			memcpy(buffer, page + offset, now);
		munmap(page, PAGE_SIZE);
		buffer = (char *)buffer + now;
		paddr += now;
		size -= now;
	}
}

/* What vCPU 0 has in %ebx. */
static uint64_t start_info_paddr(void)
{
	union {
		struct hvm_hw_cpu cpu;
		char room[HVM_SAVE_MAX];
	} record;

	if (xc_domain_hvm_getcontext_partial(xch, domid, HVM_SAVE_CPU, 0, &record, sizeof(record)))
		err(1, "reading vCPU 0 of domain %u", domid);
	return (uint32_t)record.cpu.rbx;
}

static void read_memory(uint64_t paddr, uint64_t size)
{
	unsigned char *bytes = malloc(size);
	uint64_t i;

	if (!bytes)
		err(1, "malloc");
	copy(paddr, bytes, size, 0);
	for (i = 0; i < size; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void write_memory(uint64_t paddr, const char *text)
{
	unsigned char byte;

	for (; *text; paddr++, text += 2) {
		if (sscanf(text, "%2hhx", &byte) != 1)
			errx(2, "not bytes: %s", text);
		copy(paddr, &byte, 1, 1);
	}
}

static void set_map(void)
{
	struct e820entry entries[MAP_MAX];
	unsigned long long addr, size;
	uint32_t count = 0;
	unsigned int type;
	int found;

	while ((found = scanf("%llx %llx %x", &addr, &size, &type)) == 3) {
		if (count == MAP_MAX)
			errx(2, "more than %d lines", MAP_MAX);
		entries[count++] = (struct e820entry){ addr, size, type };
	}
	if (found != EOF)
		errx(2, "line %u is not ADDRESS SIZE TYPE", count + 1);
	if (xc_domain_set_memory_map(xch, domid, entries, count))
		err(1, "a map of %u entries", count);
}

int main(int argc, char *argv[])
{
	const char *what = argc > 2 ? argv[2] : "";

	if (argc < 2)
		errx(2, "DOMID [read ADDRESS SIZE | write ADDRESS BYTES | map]");
	domid = number(argv[1]);
	open_xen();
	if (argc == 2)
		printf("0x%llx\n", (unsigned long long)start_info_paddr());
	else if (!strcmp(what, "read") && argc == 5)
		read_memory(number(argv[3]), number(argv[4]));
	else if (!strcmp(what, "write") && argc == 5)
		write_memory(number(argv[3]), argv[4]);
	else if (!strcmp(what, "map") && argc == 3)
		set_map();
	else
		errx(2, "cannot %s", what);
	return 0;
}
