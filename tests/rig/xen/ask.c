// SPDX-License-Identifier: GPL-2.0
/*
 * Runs in dom0: has a domain's init obey a command, and prints its answer:
 *
 * ask NUMBER SECONDS COMMAND TERMINAL LOG...
 *
 * The command goes to the terminal of the domain's console, unless it is empty;
 * the answer appears in one of its logs, some of which need not exist. Then come
 * dom0's time before and after. Waiting costs next to nothing here, since
 * starting programs all the time would slow the domain down.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "number.h"

#define REST_US		20000
#define MAX_LOGS	4
#define LINE_SIZE	8192

/* A log, and its last line as far as it has come. */
static struct log {
	const char *path;
	int fd;
	unsigned int length;
	char line[LINE_SIZE];
} logs[MAX_LOGS];

static char wanted[64];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Whether one more byte makes a line that is the answer; the end of a line is a carriage return. */
static int add(struct log *log, char byte)
{
	if (byte != '\r' && byte != '\n') {
		if (log->length < LINE_SIZE - 1)
			log->line[log->length++] = byte;
		return 0;
	}
	log->line[log->length] = '\0';
	log->length = 0;
	return strstr(log->line, wanted) != NULL;
}

/* Whether the answer is in what has been added to a log. */
static int look(struct log *log)
{
	char bytes[4096];
	ssize_t length, i;

	if (log->fd < 0)
		log->fd = open(log->path, O_RDONLY);
	while (log->fd >= 0 && (length = read(log->fd, bytes, sizeof(bytes))) > 0)
		for (i = 0; i < length; i++)
			if (add(log, bytes[i]))
				return 1;
	return 0;
}

/* What it has said already is no answer. */
static void open_logs(char *paths[], int count, int from_end)
{
	int i;

	for (i = 0; i < count; i++) {
		logs[i].path = paths[i];
		logs[i].fd = open(paths[i], O_RDONLY);
		if (from_end && logs[i].fd >= 0)
			lseek(logs[i].fd, 0, SEEK_END);
	}
}

static void tell(const char *terminal, const char *number, const char *command)
{
	int fd = open(terminal, O_WRONLY | O_NOCTTY);

	if (fd < 0 || dprintf(fd, "%s %s\n", number, command) < 0)
		err(1, "%s", terminal);
	close(fd);
}

int main(int argc, char *argv[])
{
	int count = argc - 5, i;
	double begin, end;

	if (count < 1 || count > MAX_LOGS)
		errx(2, "NUMBER SECONDS COMMAND TERMINAL LOG...");
	snprintf(wanted, sizeof(wanted), "pvh-report: answer.%s=", argv[1]);
	open_logs(argv + 5, count, *argv[3]);
	begin = now();
	end = begin + number(argv[2]);
	if (*argv[3])
		tell(argv[4], argv[1], argv[3]);
	for (; now() < end; usleep(REST_US))
		for (i = 0; i < count; i++)
			if (look(&logs[i])) {
				printf("%s\n%.6f %.6f\n", strstr(logs[i].line, wanted) + strlen(wanted), begin, now());
				return 0;
			}
	errx(1, "no answer in %s s", argv[2]);
}
