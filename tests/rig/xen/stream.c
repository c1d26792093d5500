// SPDX-License-Identifier: GPL-2.0
/*
 * Runs in dom0 as the peer of a guest's load: stream PORT
 *
 * Takes one connection, never a second one, and exchanges numbered blocks over
 * it, each direction in its own time. Ends when the guest ends its direction;
 * prints how many blocks were received and sent, or what went wrong.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
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

static int accept_one(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1, fd;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&in, sizeof(in)) || listen(listener, 1))
		err(1, "port %d", port);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	close(listener);
	return fd;
}

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

	if (argc != 2)
		errx(2, "PORT");
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	fd = accept_one(number(argv[1]));
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
