// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.xenstore=1: processes that keep xenstore busy with requests that do not
 * fit into its ring: when xenstored stops, one of them is incomplete.
 */
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "report.h"

#define XS_WRITE	11
#define VALUE_SIZE	2000
#define PROCESSES	3

/* A node that a domain may write. */
static const char node[] = "data/load";

static void keep_writing(void)
{
	struct {
		uint32_t type, id, transaction, length;
		char body[sizeof(node) + VALUE_SIZE];
	} request = { .type = XS_WRITE, .length = sizeof(request.body) };
	int fd = open("/dev/xen/xenbus", O_RDWR);
	char answer[64];

	memcpy(request.body, node, sizeof(node));
	memset(request.body + sizeof(node), 'x', VALUE_SIZE);
	while (write(fd, &request, sizeof(request)) == sizeof(request) && read(fd, answer, sizeof(answer)) > 0)
		;
	report("xenstore_failed", "%d", fd);
}

void xenstore_load(void)
{
	int i;

	for (i = 0; i < PROCESSES; i++) {
		if (fork())
			continue;
		keep_writing();
		_exit(1);
	}
}
