// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What moving a UDP datagram from one network namespace to another costs.
 *
 *	pktcost [-c] NS-A NS-B ADDRESS[+N] SIZE COUNT [BATCH]
 *
 * With +N the datagrams go round over that many addresses, from this one on.
 * One thread sends a batch from A, takes it in at B, and goes on so: a closed
 * loop.  On a machine with one processor everything between the two system calls
 * (routing, tunnel, veth, softirq, the way back up) then falls into the measured
 * time.  The unit is the processor's time stamp counter, which under qemu's
 * "-icount shift=0" counts instructions: a figure that neither the load of the
 * host nor its speed changes.  It models no cache and no pipeline; it compares
 * code paths and forecasts no throughput.  With -c the unit is a nanosecond by the
 * clock, for a real machine.
 *
 * Two marks tell a profiler in the emulation (profile.c) where it begins and ends.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum {
	PORT = 9999,
	SIZE_MAX_UDP = 65507,
	BUFFER = 8 << 20,	/* octets of a socket's queue: no batch is lost */
};

/* An 8-octet NOP. */
#define MARK(n) asm volatile(".byte 0x0f, 0x1f, 0x84, 0, 'R', 'T', 'U', " #n)

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static unsigned long long now(bool clock)
{
	struct timespec t;

	if (!clock)
		return __rdtsc();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000 + (unsigned long long)t.tv_nsec;
}

static void enter(const char *ns)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static int receiver(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET,
					 .sin_port = htons(PORT) };
	const int size = BUFFER;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		die("receiving socket");
	return fd;
}

/* Not connected: a lookup of the route is part of each datagram's price. */
static int sender(const char *text, struct sockaddr_in *to, long *addresses)
{
	const char *plus = strchr(text, '+');
	char *address = strndup(text, plus ? (size_t)(plus - text) : strlen(text));
	const int size = BUFFER;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*to = (struct sockaddr_in){ .sin_family = AF_INET,
				    .sin_port = htons(PORT) };
	*addresses = plus ? atol(plus + 1) : 1;
	if (!address || !inet_aton(address, &to->sin_addr) || *addresses < 1) {
		fprintf(stderr, "pktcost: bad address %s\n", text);
		exit(1);
	}
	free(address);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		die("sending socket");
	return fd;
}

/* Takes in up to @want datagrams; gives up when nothing comes for a while. */
static long take(int fd, long want)
{
	static char buffer[65536];
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	long got = 0;
	int idle = 0;

	while (got < want && idle < 3) {
		if (recv(fd, buffer, sizeof(buffer), 0) >= 0) {
			got++;
			idle = 0;
		} else if (errno == EAGAIN) {
			poll(&pollfd, 1, 20);
			idle++;
		} else {
			die("recv");
		}
	}
	return got;
}

int main(int argc, char **argv)
{
	long size, count, batch, warm, addresses, sent = 0, got = 0;
	unsigned long long start = 0, end;
	static char data[65536];
	unsigned int noise = 12345;
	struct sockaddr_in address;
	unsigned int first;
	bool clock = false;
	int from, to;

	if (argc > 1 && !strcmp(argv[1], "-c")) {
		clock = true;
		argv++;
		argc--;
	}
	if (argc < 6) {
		fprintf(stderr, "usage: pktcost [-c] NS-A NS-B ADDRESS[+N] SIZE COUNT [BATCH]\n");
		return 2;
	}
	size = atol(argv[4]);
	count = atol(argv[5]);
	batch = argc > 6 ? atol(argv[6]) : 32;
	if (size < 1 || size > SIZE_MAX_UDP || count < 1 || batch < 1) {
		fprintf(stderr, "pktcost: bad size, count or batch\n");
		return 2;
	}
	/* Not all zeros: the cost of escaping in user space depends on it. */
	for (size_t i = 0; i < sizeof(data); i++) {
		noise = noise * 1103515245 + 12345;
		data[i] = (char)(noise >> 16);
	}

	enter(argv[2]);
	to = receiver();
	enter(argv[1]);
	from = sender(argv[3], &address, &addresses);
	first = ntohl(address.sin_addr.s_addr);

	warm = count / 10 < 200 ? 200 : count / 10;
	for (long done = -warm; done < count; done += batch) {
		long in_flight = 0;

		if (done >= 0 && !start) {
			sent = 0;
			got = 0;
			MARK(1);
			start = now(clock);
		}
		for (long i = 0; i < batch; i++, sent++) {
			if (addresses > 1)
				address.sin_addr.s_addr =
					htonl(first + (unsigned int)(sent % addresses));
			if (sendto(from, data, (size_t)size, 0,
				   (const struct sockaddr *)&address,
				   sizeof(address)) >= 0)
				in_flight++;
		}
		got += take(to, in_flight);
	}
	end = now(clock);
	MARK(2);
	printf("size %ld sent %ld lost %ld cost %.0f\n", size, sent, sent - got,
	       (double)(end - start) / (double)sent);
	return got == sent ? 0 : 1;
}
