// SPDX-License-Identifier: GPL-2.0
/*
 * pvh.net=OWN,PEER,PORT: exchanges known bytes with the peer over TCP, first
 * over a connection that the guest makes (to PORT), then over one that the
 * peer makes (to PORT + 1). Whoever connects sends first.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "pattern.h"
#include "report.h"

#define INTERFACE	"eth0"
#define CHUNKS		16
#define GUEST_SEED	2
#define PEER_SEED	3
#define WAIT_TENTHS	100
#define LIMIT_SECONDS	30

static int fail(const char *what, const char *why)
{
	report("net", "fail:%s: %s", what, why);
	return -1;
}

static struct sockaddr_in address(const char *ip, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET };

	in.sin_port = htons(port);
	in.sin_addr.s_addr = inet_addr(ip);
	return in;
}

static int set_address(int fd, unsigned long request, const char *ip)
{
	struct ifreq ifr = { .ifr_name = INTERFACE };
	struct sockaddr_in in = address(ip, 0);

	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	return ioctl(fd, request, &ifr);
}

/* The front end connects in its own time, so the interface may appear late. */
static int configure(const char *own)
{
	struct ifreq ifr = { .ifr_name = INTERFACE };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), tenths, bad;

	for (tenths = 0; ioctl(fd, SIOCGIFFLAGS, &ifr); tenths++) {
		if (tenths == WAIT_TENTHS)
			return fail(INTERFACE, strerror(errno));
		usleep(100000);
	}
	ifr.ifr_flags |= IFF_UP;
	bad = set_address(fd, SIOCSIFADDR, own) ||
	      set_address(fd, SIOCSIFNETMASK, "255.255.255.0") ||
	      ioctl(fd, SIOCSIFFLAGS, &ifr);
	if (bad)
		fail("configuring " INTERFACE, strerror(errno));
	close(fd);
	return bad;
}

static int tcp_socket(void)
{
	struct timeval limit = { .tv_sec = LIMIT_SECONDS };
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd;
}

static int send_pattern(int fd)
{
	unsigned char bytes[CHUNK];
	uint32_t state = GUEST_SEED;
	int i, done, length;

	for (i = 0; i < CHUNKS; i++) {
		pattern_next(&state, bytes);
		for (done = 0; done < CHUNK; done += length) {
			length = send(fd, bytes + done, CHUNK - done, MSG_NOSIGNAL);
			if (length <= 0)
				return fail("sending", strerror(errno));
		}
	}
	return 0;
}

static int receive_pattern(int fd)
{
	unsigned char expected[CHUNK], bytes[CHUNK];
	uint32_t state = PEER_SEED;
	int i, length;

	for (i = 0; i < CHUNKS; i++) {
		pattern_next(&state, expected);
		length = recv(fd, bytes, CHUNK, MSG_WAITALL);
		if (length != CHUNK)
			return fail("receiving", length < 0 ? strerror(errno) : "too little");
		if (memcmp(bytes, expected, CHUNK))
			return fail("receiving", "wrong bytes");
	}
	return 0;
}

/* The guest may power off next, so it waits until the peer has all and leaves. */
static int wait_for_end(int fd)
{
	char byte;

	if (recv(fd, &byte, 1, 0))
		return fail("waiting for the peer's end", "it did not come");
	return 0;
}

static int connect_to_peer(const char *peer, int port)
{
	struct sockaddr_in in = address(peer, port);
	time_t limit = time(NULL) + LIMIT_SECONDS;
	int fd;

	do {
		fd = tcp_socket();
		if (!connect(fd, (struct sockaddr *)&in, sizeof(in)))
			return fd;
		close(fd);
		usleep(100000);
	} while (time(NULL) < limit);
	return fail("connecting", strerror(errno));
}

static int accept_peer(const char *own, int port)
{
	struct sockaddr_in in = address(own, port);
	int listener = tcp_socket(), fd = -1;

	if (!bind(listener, (struct sockaddr *)&in, sizeof(in)) &&
	    !listen(listener, 1))
		fd = accept(listener, NULL, NULL);
	if (fd < 0)
		fail("accepting", strerror(errno));
	close(listener);
	return fd;
}

/* Splits the words, and connects; own has room for 16 characters. */
static int open_connection(const char *spec, char *own, int *port)
{
	char peer[16];

	if (sscanf(spec, "%15[^,],%15[^,],%d", own, peer, port) != 3)
		return fail(spec, "not OWN,PEER,PORT");
	if (configure(own))
		return -1;
	return connect_to_peer(peer, *port);
}

int net_connect(const char *spec)
{
	char own[16];
	int port;

	return open_connection(spec, own, &port);
}

int net_check(const char *spec)
{
	int port, fd, bad;
	char own[16];

	fd = open_connection(spec, own, &port);
	if (fd < 0)
		return -1;
	bad = send_pattern(fd) || receive_pattern(fd);
	close(fd);
	if (bad)
		return -1;
	fd = accept_peer(own, port + 1);
	if (fd < 0)
		return -1;
	bad = receive_pattern(fd) || send_pattern(fd) || wait_for_end(fd);
	close(fd);
	if (!bad)
		report("net", "ok");
	return -bad;
}
