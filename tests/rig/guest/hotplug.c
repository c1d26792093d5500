// SPDX-License-Identifier: GPL-2.0
/*
 * Takes CPUs away and brings them back, as /sys does it, and brings up those
 * that the hypervisor plugs in.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "life.h"
#include "report.h"

#define CPU_PATH	"/devices/system/cpu/cpu"
#define ADDED		"add@" CPU_PATH
/* So many are away at the same time. */
#define TOGETHER	3
/* The group of the kernel's own events. */
#define KERNEL_EVENTS	1

static void online_path(int cpu, char *path, unsigned int size)
{
	snprintf(path, size, "/sys" CPU_PATH "%d/online", cpu);
}

int cpu_online(int cpu)
{
	char path[64], text[8];

	online_path(cpu, path, sizeof(path));
	/* The first CPU cannot be taken away, so it has no such file. */
	return read_text(path, text, sizeof(text)) < 0 ? !cpu : text[0] == '1';
}

const char *cpu_set_online(int cpu, int online)
{
	char path[64];
	int fd, bad;

	online_path(cpu, path, sizeof(path));
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return strerror(errno);
	bad = write(fd, online ? "1" : "0", 1) == 1 ? 0 : errno;
	close(fd);
	return bad ? strerror(bad) : NULL;
}

static const char *failed(const char *step, int cpu, const char *why)
{
	static char text[WHY_SIZE];

	snprintf(text, sizeof(text), "%s CPU %d: %s", step, cpu, why);
	return text;
}

/* One cycle of these CPUs. */
static const char *cycle(const int cpus[], int count)
{
	char figures[64];
	const char *why;
	int i;

	for (i = 0; i < count; i++)
		if ((why = cpu_set_online(cpus[i], 0)))
			return failed("taking away", cpus[i], why);
	for (i = 0; i < count; i++)
		if ((why = cpu_set_online(cpus[i], 1)))
			return failed("bringing back", cpus[i], why);
	for (i = 0; i < count; i++)
		if ((why = cpu_fault(cpus[i], figures, sizeof(figures))))
			return failed("after it came back,", cpus[i], why);
	return NULL;
}

/* The next CPUs that can be taken away, from one on. */
static int choose(int *next, int cpus[])
{
	int tried, count = 0;

	for (tried = 0; tried < MAX_CPUS && count < TOGETHER; tried++) {
		if (*next > 0 && cpu_online(*next))
			cpus[count++] = *next;
		*next = (*next + 1) % MAX_CPUS;
	}
	return count;
}

const char *cpu_cycle(int cycles, int *done)
{
	int cpus[TOGETHER], next = 1, i, count;
	const char *why = NULL;

	*done = 0;
	for (i = 0; i < cycles && !why; i++) {
		count = choose(&next, cpus);
		if (!count)
			return "there is only one CPU";
		why = cycle(cpus, count);
		if (!why)
			*done += count;
	}
	return why;
}

void cycle_check(int cycles)
{
	const char *why;
	int done;

	why = cpu_cycle(cycles, &done);
	report("cycled", "%d%s%s", done, why ? " " : "", why ?: "");
}

void cpu_watch(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_EVENTS };
	int fd = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_KOBJECT_UEVENT), cpu;
	char event[4096];
	const char *why;
	ssize_t length;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		report("plugged", "cannot listen: %s", strerror(errno));
		_exit(1);
	}
	while ((length = recv(fd, event, sizeof(event) - 1, 0)) > 0 || errno == EINTR || errno == ENOBUFS) {
		event[length > 0 ? length : 0] = '\0';
		if (strncmp(event, ADDED, strlen(ADDED)))
			continue;
		cpu = atoi(event + strlen(ADDED));
		why = cpu_set_online(cpu, 1);
		report("plugged", "CPU %d: %s", cpu, why ?: "up");
	}
	_exit(1);
}
