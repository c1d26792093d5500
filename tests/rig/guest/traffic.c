// SPDX-License-Identifier: GPL-2.0
/*
 * The disk and the connection of the load: numbered blocks, whose bytes follow
 * from their numbers, so that a lost, repeated or changed one is noticed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "life.h"
#include "stream.h"

/* Numbers of blocks go round the slots of the disk. */
#define SLOTS		64
#define BLOCK		16384
#define SECTOR		4096

#define REST_US		20000
#define DEVICE_TENTHS	100
/* After a domain was away, its peer takes as long again to try once more. */
#define LIMIT_SECONDS	300

static int stopped(const struct load *load)
{
	return __atomic_load_n(&load->stop, __ATOMIC_SEQ_CST);
}

static int open_disk(struct load *load, const char *dev)
{
	char path[64];
	int fd, tenths;

	snprintf(path, sizeof(path), "/dev/%s", dev);
	for (tenths = 0; tenths < DEVICE_TENTHS && access(path, F_OK); tenths++)
		usleep(100000);
	/* What the page cache holds proves nothing about the device. */
	fd = open(path, O_RDWR | O_DIRECT);
	if (fd < 0)
		load_fail(load, "%s: %s", path, strerror(errno));
	return fd;
}

static void write_block(struct load *load, int fd, unsigned int number, unsigned char *block)
{
	uint32_t state = number + 1;

	pattern_fill(&state, block, BLOCK);
	if (pwrite(fd, block, BLOCK, number % SLOTS * BLOCK) != BLOCK)
		load_fail(load, "writing block %u of the disk: %s", number, strerror(errno));
}

static void read_block(struct load *load, int fd, unsigned int number, unsigned char *block)
{
	unsigned char expected[BLOCK];
	uint32_t state = number + 1;

	memset(block, 0, BLOCK);
	if (pread(fd, block, BLOCK, number % SLOTS * BLOCK) != BLOCK)
		load_fail(load, "reading block %u of the disk: %s", number, strerror(errno));
	pattern_fill(&state, expected, BLOCK);
	if (memcmp(block, expected, BLOCK))
		load_fail(load, "block %u of the disk has other bytes", number);
}

void load_disk(struct load *load, const char *dev)
{
	int fd = open_disk(load, dev);
	unsigned int number, oldest;
	void *block;

	if (posix_memalign(&block, SECTOR, BLOCK))
		load_fail(load, "no memory for a block");
	for (number = 0; !stopped(load); number++) {
		write_block(load, fd, number, block);
		load->disk = number + 1;
		/* The one that is written over next was written longest ago. */
		if (number + 1 >= SLOTS)
			read_block(load, fd, number + 1 - SLOTS, block);
		usleep(REST_US);
	}
	oldest = number > SLOTS ? number - SLOTS : 0;
	while (oldest < number)
		read_block(load, fd, oldest++, block);
}

static void be_patient(int fd)
{
	struct timeval limit = { .tv_sec = LIMIT_SECONDS };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

void load_send(struct load *load, int fd)
{
	be_patient(fd);
	while (!stopped(load)) {
		if (stream_send(fd, GUEST_STREAM, load->sent))
			load_fail(load, "sending block %u: %s", load->sent, strerror(errno));
		load->sent++;
		usleep(REST_US);
	}
	/* The peer ends its own direction then. */
	shutdown(fd, SHUT_WR);
}

void load_receive(struct load *load, int fd)
{
	int got;

	be_patient(fd);
	while ((got = stream_receive(fd, PEER_STREAM, load->received)) > 0)
		load->received++;
	if (got < 0)
		load_fail(load, "receiving block %u: %s", load->received, got == STREAM_WRONG ? "wrong bytes" :
			  strerror(errno));
	if (!stopped(load))
		load_fail(load, "the peer ended the connection after block %u", load->received);
}
