// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.xenstore=1: a process that keeps xenstore busy with requests that do not
 * fit into its ring, so that at any time one of them is likely to be incomplete.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "report.h"

#define XS_WRITE	11
#define VALUE_SIZE	2000

/* A node that a domain may write. */
static const char node[] = "data/load";

void xenstore_load(void)
{
	struct {
		uint32_t type, id, transaction, length;
		char body[sizeof(node) + VALUE_SIZE];
	} request = { .type = XS_WRITE, .length = sizeof(request.body) };
	char answer[64];
	int fd;

	if (fork())
		return;
	fd = open("/dev/xen/xenbus", O_RDWR);
	memcpy(request.body, node, sizeof(node));
	memset(request.body + sizeof(node), 'x', VALUE_SIZE);
	while (write(fd, &request, sizeof(request)) == sizeof(request))
		if (read(fd, answer, sizeof(answer)) <= 0)
			break;
	report("xenstore_failed", "request %u", request.id);
	_exit(1);
}
