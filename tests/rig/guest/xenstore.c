// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.xenstore=write or read: processes that keep xenstore busy with requests
 * that do not fit into its ring, or with ones whose replies do not. While
 * xenstored is stopped, a request is incomplete, or all requests are complete
 * and the replies will not be. The node that is read is the test's. one: a single
 * process that writes, so that at times no request is incomplete.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include "report.h"

#define XS_READ		2
#define XS_WRITE	11
#define VALUE_SIZE	2000
#define PROCESSES	3

/* A node that a domain may write. */
static const char node[] = "data/load";

static void keep_asking(uint32_t type)
{
	struct {
		uint32_t type, id, transaction, length;
		char body[sizeof(node) + VALUE_SIZE];
	} request = { .type = type, .length = type == XS_READ ? sizeof(node) : sizeof(request.body) };
	ssize_t size = offsetof(typeof(request), body) + request.length;
	int fd = open("/dev/xen/xenbus", O_RDWR), answers = 0;
	char answer[64];

	memcpy(request.body, node, sizeof(node));
	memset(request.body + sizeof(node), 'x', VALUE_SIZE);
	while (write(fd, &request, size) == size && read(fd, answer, sizeof(answer)) > 0) {
		if (!answers++)
			report("xenstore_answers", "yes");
	}
	report("xenstore_failed", "%d", fd);
}

void xenstore_load(const char *what)
{
	int i, processes = strcmp(what, "one") ? PROCESSES : 1;

	for (i = 0; i < processes; i++) {
		if (fork())
			continue;
		keep_asking(strcmp(what, "read") ? XS_WRITE : XS_READ);
		_exit(1);
	}
}
