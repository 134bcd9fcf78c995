// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What one more fragment of multilink costs its receiver while others are held.
 *
 *	fragcost NS LOCAL REMOTE TUNNEL SESSION BACKLOG COUNT
 *
 * Sends packets of one fragment each (RFC 1990, long headers) in a session of L2TP
 * version 2 over UDP, numbered from 1 on: number 0 is missing, so that all are held.
 * After the first BACKLOG ones the next COUNT are measured, from system call to system
 * call; see pktcost.c for the unit.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

enum { L2TP_PORT = 1701 };

static void die(const char *what)
{
	perror(what);
	exit(1);
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

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(L2TP_PORT) };

	if (inet_pton(AF_INET, text, &sin.sin_addr) != 1) {
		fprintf(stderr, "fragcost: not an address: %s\n", text);
		exit(2);
	}
	return sin;
}

static void send_one(int fd, unsigned int tunnel, unsigned int session, uint32_t number)
{
	const uint8_t frame[] = {
		0x00, 0x02, (uint8_t)(tunnel >> 8), (uint8_t)tunnel,
		(uint8_t)(session >> 8), (uint8_t)session,
		0xff, 0x03, 0x00, 0x3d,
		0xc0, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number,
		0x00, 0x21, 0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};

	if (send(fd, frame, sizeof(frame), 0) != (ssize_t)sizeof(frame))
		die("send");
}

int main(int argc, char **argv)
{
	struct sockaddr_in local, remote;
	unsigned int tunnel, session;
	unsigned long long start, end;
	long backlog, count;
	uint32_t number = 1;
	int fd;

	if (argc != 8) {
		fprintf(stderr, "usage: fragcost NS LOCAL REMOTE TUNNEL SESSION BACKLOG COUNT\n");
		return 2;
	}
	enter(argv[1]);
	local = address(argv[2]);
	remote = address(argv[3]);
	tunnel = (unsigned int)atol(argv[4]);
	session = (unsigned int)atol(argv[5]);
	backlog = atol(argv[6]);
	count = atol(argv[7]);
	if (tunnel > 0xffff || session > 0xffff || backlog < 0 || count < 1) {
		fprintf(stderr, "fragcost: bad tunnel, session, backlog or count\n");
		return 2;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&local, sizeof(local)) ||
	    connect(fd, (const struct sockaddr *)&remote, sizeof(remote)))
		die("socket");
	for (long i = 0; i < backlog; i++)
		send_one(fd, tunnel, session, number++);
	start = __rdtsc();
	for (long i = 0; i < count; i++)
		send_one(fd, tunnel, session, number++);
	end = __rdtsc();
	printf("backlog %ld cost %.0f\n", backlog, (double)(end - start) / (double)count);
	return 0;
}
