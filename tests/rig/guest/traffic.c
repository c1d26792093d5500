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
#include <unistd.h>
#include "life.h"
#include "stream.h"

/* Numbers of blocks go round the slots of the disk, where dom0 has put the first ones. */
#define SLOTS		64
#define BLOCK		16384
#define SECTOR		4096
#define MOST_BLOCKS	100000

#define REST_US		20000
#define DEVICE_TENTHS	100

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

/* The block in a slot, by its first bytes. */
static unsigned int block_in(struct load *load, int fd, unsigned int slot, unsigned char *block)
{
	unsigned int number;
	uint32_t state, word;

	if (pread(fd, block, SECTOR, slot * BLOCK) != SECTOR)
		load_fail(load, "reading slot %u of the disk: %s", slot, strerror(errno));
	for (number = slot; number < MOST_BLOCKS; number += SLOTS) {
		state = number + 1;
		pattern_fill(&state, (unsigned char *)&word, sizeof(word));
		if (!memcmp(block, &word, sizeof(word)))
			return number;
	}
	load_fail(load, "slot %u of the disk has no block", slot);
}

/* The block that was written last. An earlier kernel may have ended while it wrote it. */
static unsigned int last_block(struct load *load, int fd, unsigned char *block)
{
	unsigned int slot, number, last = 0;

	for (slot = 0; slot < SLOTS; slot++) {
		number = block_in(load, fd, slot, block);
		if (number > last)
			last = number;
	}
	if (last >= SLOTS)
		write_block(load, fd, last, block);
	return last;
}

void load_disk(struct load *load, const char *dev)
{
	int fd = open_disk(load, dev);
	unsigned int number, oldest;
	void *block;

	if (posix_memalign(&block, SECTOR, BLOCK))
		load_fail(load, "no memory for a block");
	number = last_block(load, fd, block) + 1;
	load->disk = number - SLOTS;
	/* What is written over was written longest ago. */
	for (; !stopped(load); number++) {
		read_block(load, fd, number - SLOTS, block);
		write_block(load, fd, number, block);
		load->disk++;
		usleep(REST_US);
	}
	for (oldest = number - SLOTS; oldest < number; oldest++)
		read_block(load, fd, oldest, block);
}

void load_send(struct load *load, int fd)
{
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

	while ((got = stream_receive(fd, PEER_STREAM, load->received)) > 0)
		load->received++;
	if (got < 0)
		load_fail(load, "receiving block %u: %s", load->received, got == STREAM_WRONG ? "wrong bytes" :
			  strerror(errno));
	if (!stopped(load))
		load_fail(load, "the peer ended the connection after block %u", load->received);
}
