// SPDX-License-Identifier: GPL-2.0
/*
 * Runs in dom0 as the peer of a guest's load: stream PORT [ADDRESS]
 *
 * Takes the guest's connection, or makes one to its address, and exchanges
 * numbered blocks over it, each direction in its own time. Ends when the guest
 * ends its direction; prints how many blocks were received and sent, or what
 * went wrong.
 */
#include <err.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../guest/stream.h"
#include "number.h"

#define REST_US	20000

static struct shared {
	int stop;
	unsigned int sent;
} *shared;

/* Returns the status to exit with. */
static int send_all(int fd)
{
	while (!__atomic_load_n(&shared->stop, __ATOMIC_SEQ_CST)) {
		if (stream_send(fd, PEER_STREAM, shared->sent)) {
			warn("sending block %u", shared->sent);
			return 1;
		}
		shared->sent++;
		usleep(REST_US);
	}
	shutdown(fd, SHUT_WR);
	return 0;
}

int main(int argc, char *argv[])
{
	unsigned int received = 0;
	int fd, got, status = 0;
	pid_t sender;

	if (argc != 2 && argc != 3)
		errx(2, "PORT [ADDRESS]");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	fd = argc == 2 ? stream_accept(number(argv[1])) : stream_connect(argv[2], number(argv[1]));
	if (fd < 0)
		err(1, "no connection");
	sender = fork();
	if (!sender)
		_exit(send_all(fd));
	while ((got = stream_receive(fd, GUEST_STREAM, received)) > 0)
		received++;
	if (got == STREAM_WRONG)
		errx(1, "block %u has wrong bytes", received);
	if (got)
		err(1, "receiving block %u", received);
	__atomic_store_n(&shared->stop, 1, __ATOMIC_SEQ_CST);
	if (waitpid(sender, &status, 0) != sender || status)
		errx(1, "the sender ended with status %#x", status);
	printf("received %u sent %u\n", received, shared->sent);
	return 0;
}
