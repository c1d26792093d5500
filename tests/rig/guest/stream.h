/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The connection between a guest and its peer in dom0 (tests/rig/xen/stream.c),
 * and the blocks that they send each other: their bytes follow from direction
 * and number.
 */
#ifndef GUEST_STREAM_H
#define GUEST_STREAM_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include "pattern.h"

#define STREAM_BLOCK	4096
#define STREAM_WRONG	-2

/* Who sends. */
#define GUEST_STREAM	1
#define PEER_STREAM	2

/* Tries until the other end is up. A time limit would not work: the clock of an idle emulated machine jumps ahead. */
static inline int stream_connect(const char *address, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr(address) };
	int fd;

	while (connect(fd = socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&in, sizeof(in))) {
		close(fd);
		usleep(100000);
	}
	return fd;
}

/* Takes one connection, never a second one; -1 and errno if it cannot. */
static inline int stream_accept(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd = -1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(listener, (struct sockaddr *)&in, sizeof(in)) && !listen(listener, 1))
		fd = accept(listener, NULL, NULL);
	close(listener);
	return fd;
}

static inline void stream_block(int direction, unsigned int number, unsigned char *block)
{
	uint32_t state = 2 * number + direction;

	pattern_fill(&state, block, STREAM_BLOCK);
}

/* Whether a call is to be made again: being suspended interrupts it. */
static inline int stream_again(int length)
{
	return length < 0 && errno == EINTR;
}

/* 0, or -1 and errno. */
static inline int stream_send(int fd, int direction, unsigned int number)
{
	unsigned char block[STREAM_BLOCK];
	int done = 0, length;

	stream_block(direction, number, block);
	while (done < STREAM_BLOCK) {
		length = send(fd, block + done, STREAM_BLOCK - done, MSG_NOSIGNAL);
		if (stream_again(length))
			continue;
		if (length <= 0)
			return -1;
		done += length;
	}
	return 0;
}

/* 1, or 0 at the end; -1 and errno, or STREAM_WRONG if the bytes are others or end inside the block. */
static inline int stream_receive(int fd, int direction, unsigned int number)
{
	unsigned char block[STREAM_BLOCK], expected[STREAM_BLOCK];
	int done = 0, length;

	while (done < STREAM_BLOCK) {
		length = recv(fd, block + done, STREAM_BLOCK - done, 0);
		if (stream_again(length))
			continue;
		if (length <= 0)
			return length || !done ? length : STREAM_WRONG;
		done += length;
	}
	stream_block(direction, number, expected);
	return memcmp(block, expected, STREAM_BLOCK) ? STREAM_WRONG : 1;
}

#endif
