// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.xenstore=1: a process that keeps xenstore busy with requests and answers
 * that do not fit into its rings, so that one is likely to be incomplete.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "report.h"

#define XS_READ		2
#define XS_WRITE	11
#define VALUE_SIZE	2000

/* A node that a domain may write. */
static const char node[] = "data/load";

struct message {
	uint32_t type, id, transaction, length;
	char body[sizeof(node) + VALUE_SIZE];
};

/* Sends a request and reads the whole answer; 0 if that worked. */
static int ask(int fd, uint32_t type, uint32_t length)
{
	struct message message = { .type = type, .length = length };
	const uint32_t header = sizeof(message) - sizeof(message.body);

	memcpy(message.body, node, sizeof(node));
	memset(message.body + sizeof(node), 'x', VALUE_SIZE);
	if (write(fd, &message, header + length) != (ssize_t)(header + length) ||
	    read(fd, &message, header) != (ssize_t)header || message.type != type)
		return -1;
	return read(fd, message.body, message.length) != (ssize_t)message.length;
}

void xenstore_load(void)
{
	int fd;

	if (fork())
		return;
	fd = open("/dev/xen/xenbus", O_RDWR);
	while (!ask(fd, XS_WRITE, sizeof(((struct message *)0)->body)) && !ask(fd, XS_READ, sizeof(node)))
		;
	report("xenstore_failed", "%d", fd);
	_exit(1);
}
