// SPDX-License-Identifier: GPL-2.0
/*
 * The network interface, and the connection of the load.
 */
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include "life.h"
#include "stream.h"

#define INTERFACE	"eth0"
#define WAIT_TENTHS	100
/* After a domain was away, its peer takes as long again to try once more. */
#define LIMIT_SECONDS	300

static int set_address(int fd, unsigned long request, const char *ip)
{
	struct ifreq ifr = { .ifr_name = INTERFACE };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(ip) };

	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	return ioctl(fd, request, &ifr);
}

/* The front end connects in its own time, so the interface may appear late. */
static int configure(const char *own)
{
	struct ifreq ifr = { .ifr_name = INTERFACE };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), tenths, bad;

	for (tenths = 0; (bad = ioctl(fd, SIOCGIFFLAGS, &ifr)) && tenths < WAIT_TENTHS; tenths++)
		usleep(100000);
	ifr.ifr_flags |= IFF_UP;
	bad = bad || set_address(fd, SIOCSIFADDR, own) || set_address(fd, SIOCSIFNETMASK, "255.255.255.0") ||
	      ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return bad;
}

int load_connect(const char *spec)
{
	struct timeval limit = { .tv_sec = LIMIT_SECONDS };
	char own[16], peer[16];
	int port, fd;

	if (sscanf(spec, "%15[^,],%15[^,],%d", own, peer, &port) != 3 || configure(own))
		return -1;
	fd = *peer == '-' ? stream_accept(port) : stream_connect(peer, port);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}
