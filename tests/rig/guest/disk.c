// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.disk=DEV: verifies the files of an ext2 file system against its list of
 * checksums, writes a file, and reads it back from the device.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pattern.h"
#include "report.h"

#define DIRECTORY	"/mnt"
#define SUMS		DIRECTORY "/sums"
#define WRITTEN		DIRECTORY "/written"
#define WRITTEN_SEED	1
#define WRITTEN_CHUNKS	64
#define WAIT_TENTHS	100

static int fail(const char *what, const char *why)
{
	report("disk", "fail:%s: %s", what, why);
	return -1;
}

/* The checksum that zlib calls crc32. */
static uint32_t crc32_add(uint32_t crc, const unsigned char *bytes, int length)
{
	int i, bit;

	crc = ~crc;
	for (i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static int verify_file(const char *name, uint32_t expected)
{
	unsigned char bytes[CHUNK];
	uint32_t crc = 0;
	char path[512];
	int fd, length;

	snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return fail(name, strerror(errno));
	while ((length = read(fd, bytes, sizeof(bytes))) > 0)
		crc = crc32_add(crc, bytes, length);
	close(fd);
	if (length < 0)
		return fail(name, strerror(errno));
	return crc == expected ? 0 : fail(name, "wrong checksum");
}

/* Every line of the list is a checksum in hexadecimal and a file's name. */
static int verify_files(void)
{
	unsigned int crc, files = 0;
	char name[256];
	FILE *list;
	int bad = 0;

	list = fopen(SUMS, "r");
	if (!list)
		return fail(SUMS, strerror(errno));
	while (!bad && fscanf(list, "%x %255s", &crc, name) == 2) {
		bad = verify_file(name, crc);
		files++;
	}
	fclose(list);
	if (!files)
		return fail(SUMS, "lists no files");
	return bad;
}

static int write_file(void)
{
	unsigned char bytes[CHUNK];
	uint32_t state = WRITTEN_SEED;
	int fd, i;

	fd = open(WRITTEN, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		return fail(WRITTEN, strerror(errno));
	for (i = 0; i < WRITTEN_CHUNKS; i++) {
		pattern_next(&state, bytes);
		if (write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
			break;
	}
	if (i < WRITTEN_CHUNKS || fsync(fd) || close(fd))
		return fail("writing " WRITTEN, strerror(errno));
	return 0;
}

static int compare_file(void)
{
	unsigned char expected[CHUNK], bytes[CHUNK];
	uint32_t state = WRITTEN_SEED;
	int fd, i;

	fd = open(WRITTEN, O_RDONLY);
	if (fd < 0)
		return fail(WRITTEN, strerror(errno));
	for (i = 0; i < WRITTEN_CHUNKS; i++) {
		pattern_next(&state, expected);
		if (read(fd, bytes, sizeof(bytes)) != sizeof(bytes) ||
		    memcmp(bytes, expected, sizeof(bytes)))
			return fail(WRITTEN, "read back wrong");
	}
	if (read(fd, bytes, 1) != 0)
		return fail(WRITTEN, "grew");
	close(fd);
	return 0;
}

/* The front end connects in its own time, so the device may appear late. */
static int mount_disk(const char *dev)
{
	char path[64];
	int tenths;

	snprintf(path, sizeof(path), "/dev/%s", dev);
	mkdir(DIRECTORY, 0755);
	for (tenths = 0; tenths < WAIT_TENTHS && access(path, F_OK); tenths++)
		usleep(100000);
	if (mount(path, DIRECTORY, "ext2", 0, NULL))
		return fail(path, strerror(errno));
	return 0;
}

/* What the page cache holds proves nothing about the device. */
static int forget_disk(void)
{
	int fd, done;

	if (umount(DIRECTORY))
		return fail("umount", strerror(errno));
	sync();
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	done = write(fd, "3", 1);
	close(fd);
	return done == 1 ? 0 : fail("drop_caches", strerror(errno));
}

int disk_check(const char *dev)
{
	if (mount_disk(dev) || verify_files() || write_file() ||
	    forget_disk() || mount_disk(dev) || compare_file() || forget_disk())
		return -1;
	report("disk", "ok");
	return 0;
}
