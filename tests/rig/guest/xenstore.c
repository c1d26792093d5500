// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.xenstore=write or read: processes that keep xenstore busy with requests
 * or replies that do not fit into its ring. When xenstored stops, a request is
 * incomplete then, or all requests are complete and a reply will not be.
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

struct message {
	uint32_t type, id, transaction, length;
	char body[sizeof(node) + VALUE_SIZE];
};

static int read_all(int fd, void *buffer, size_t size)
{
	ssize_t got = 0;

	for (; size && got >= 0; size -= got, buffer = (char *)buffer + got) {
		got = read(fd, buffer, size);
		if (!got)
			return -1;
	}
	return got < 0 ? -1 : 0;
}

/* Sends a request about the node, and reads the reply. */
static int ask(int fd, uint32_t type)
{
	struct message message = { .type = type, .length = sizeof(node) };
	const size_t header = offsetof(struct message, body);
	ssize_t size;

	memcpy(message.body, node, sizeof(node));
	if (type == XS_WRITE) {
		memset(message.body + sizeof(node), 'x', VALUE_SIZE);
		message.length += VALUE_SIZE;
	}
	size = header + message.length;
	if (write(fd, &message, size) != size || read_all(fd, &message, header) ||
	    message.type != type || message.length > sizeof(message.body))
		return -1;
	return read_all(fd, message.body, message.length);
}

static void keep_asking(uint32_t type)
{
	int fd = open("/dev/xen/xenbus", O_RDWR);

	if (!ask(fd, XS_WRITE))
		while (!ask(fd, type))
			;
	report("xenstore_failed", "%d", fd);
}

void xenstore_load(const char *what)
{
	int i;

	for (i = 0; i < PROCESSES; i++) {
		if (fork())
			continue;
		keep_asking(strcmp(what, "read") ? XS_WRITE : XS_READ);
		_exit(1);
	}
}
