// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stream of TCP, or of datagrams sent many at a time, whose every octet is checked.
 *
 *	stream recv ADDRESS PORT
 *	stream send ADDRESS PORT OCTETS
 *	stream recv-udp ADDRESS PORT
 *	stream send-udp ADDRESS PORT COUNT SIZE SEGMENTS
 *
 * The receiver prints "ready" when it listens.  That of TCP prints "got OCTETS HASH", the
 * sender "sent OCTETS HASH" of what it made up.  send-udp hands the kernel so many datagrams
 * of a size with each call (UDP_SEGMENT), each with its number; recv-udp prints "got N", how
 * many different ones came whole, when it has heard the end.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum {
	PATIENCE = 60000,	/* milliseconds in which something must come */
	NUMBERS = 4096,		/* datagrams at the most */
	NUMBER = 4,		/* octets in front of each */
};

static uint8_t buffer[1 << 18];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Octets that repeat nowhere: SplitMix64. */
static void noise(uint64_t *state, uint8_t *to, size_t octets)
{
	for (size_t i = 0; i < octets; i += sizeof(uint64_t)) {
		uint64_t z = *state += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		z ^= z >> 31;
		memcpy(to + i, &z, octets - i < sizeof(z) ? octets - i : sizeof(z));
	}
}

/* FNV-1a: octets that changed places change it. */
static uint64_t hash(uint64_t seen, const uint8_t *data, size_t octets)
{
	for (size_t i = 0; i < octets; i++)
		seen = (seen ^ data[i]) * 0x100000001b3;
	return seen;
}

static const uint64_t nothing_seen = 0xcbf29ce484222325;

static int open_socket(const char *address, const char *port, int type, struct addrinfo **at)
{
	struct addrinfo hints = { .ai_socktype = type, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	int err = getaddrinfo(address, port, &hints, at), fd;

	if (err) {
		fprintf(stderr, "%s: %s\n", address, gai_strerror(err));
		exit(1);
	}
	fd = socket((*at)->ai_family, type, 0);
	if (fd < 0)
		die("socket");
	return fd;
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

/* Is there something to read in time? */
static void await(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, PATIENCE) <= 0) {
		fputs("nothing came\n", stderr);
		exit(1);
	}
}

static void receive(const char *address, const char *port)
{
	int on = 1, sock, server;
	uint64_t seen = nothing_seen;
	unsigned long octets = 0;
	struct addrinfo *at;
	ssize_t n;

	server = open_socket(address, port, SOCK_STREAM, &at);
	if (setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(server, at->ai_addr, at->ai_addrlen) || listen(server, 1))
		die("listen");
	ready();
	await(server);
	sock = accept(server, NULL, NULL);
	if (sock < 0)
		die("accept");
	while ((n = recv(sock, buffer, sizeof(buffer), 0)) > 0) {
		seen = hash(seen, buffer, n);
		octets += n;
	}
	if (n < 0)
		die("recv");
	close(sock);
	printf("got %lu %016jx\n", octets, (uintmax_t)seen);
}

static void transmit(const char *address, const char *port, unsigned long octets)
{
	uint64_t made = nothing_seen, state = octets;
	unsigned long left = octets;
	struct addrinfo *at;
	int sock = open_socket(address, port, SOCK_STREAM, &at);

	if (connect(sock, at->ai_addr, at->ai_addrlen))
		die("connect");
	while (left) {
		size_t n = left < 1 << 16 ? left : 1 << 16, done = 0;

		noise(&state, buffer, n);
		made = hash(made, buffer, n);
		while (done < n) {
			ssize_t sent = send(sock, buffer + done, n - done, MSG_NOSIGNAL);

			if (sent < 0)
				die("send");
			done += sent;
		}
		left -= n;
	}
	/* the end of the stream has been heard when its receiver closes, too */
	if (shutdown(sock, SHUT_WR) || recv(sock, buffer, 1, 0) < 0)
		die("shutdown");
	printf("sent %lu %016jx\n", octets, (uintmax_t)made);
}

static void make_datagram(uint8_t *to, uint32_t number, size_t size)
{
	uint32_t wire = htonl(number);
	uint64_t state = number;

	memcpy(to, &wire, NUMBER);
	noise(&state, to + NUMBER, size - NUMBER);
}

static void receive_udp(const char *address, const char *port)
{
	static bool whole[NUMBERS];
	static uint8_t wanted[sizeof(buffer)];
	int room = 8 << 20, fd, count = 0;
	struct addrinfo *at;

	fd = open_socket(address, port, SOCK_DGRAM, &at);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    bind(fd, at->ai_addr, at->ai_addrlen))
		die("bind");
	ready();
	for (;;) {
		uint32_t number;
		ssize_t n;

		await(fd);
		n = recv(fd, buffer, sizeof(buffer), 0);
		if (n < 0)
			die("recv");
		if (n <= NUMBER)
			break;
		memcpy(&number, buffer, NUMBER);
		number = ntohl(number);
		if (number >= NUMBERS || whole[number])
			continue;
		make_datagram(wanted, number, n);
		whole[number] = !memcmp(wanted, buffer, n);
		count += whole[number];
	}
	printf("got %d\n", count);
}

static void transmit_udp(const char *address, const char *port, unsigned int count, int size,
			 unsigned int segments)
{
	struct addrinfo *at;
	int fd = open_socket(address, port, SOCK_DGRAM, &at);

	if (count > NUMBERS || size <= NUMBER || (size_t)size * segments > sizeof(buffer)) {
		fputs("too many, or too large\n", stderr);
		exit(2);
	}
	if (connect(fd, at->ai_addr, at->ai_addrlen) ||
	    setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)))
		die("connect");
	for (unsigned int first = 0; first < count; first += segments) {
		unsigned int n = count - first < segments ? count - first : segments;

		for (unsigned int i = 0; i < n; i++)
			make_datagram(buffer + i * size, first + i, size);
		if (send(fd, buffer, (size_t)n * size, 0) < 0)
			die("send");
	}
	for (int i = 0; i < 3; i++)
		/* who has heard one is gone */
		if (send(fd, "end", 3, 0) < 0 && errno != ECONNREFUSED)
			die("send");
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";

	if (argc == 4 && !strcmp(what, "recv"))
		receive(argv[2], argv[3]);
	else if (argc == 5 && !strcmp(what, "send"))
		transmit(argv[2], argv[3], strtoul(argv[4], NULL, 10));
	else if (argc == 4 && !strcmp(what, "recv-udp"))
		receive_udp(argv[2], argv[3]);
	else if (argc == 7 && !strcmp(what, "send-udp"))
		transmit_udp(argv[2], argv[3], atoi(argv[4]), atoi(argv[5]), atoi(argv[6]));
	else {
		fputs("usage: stream recv|recv-udp ADDRESS PORT\n"
		      "       stream send ADDRESS PORT OCTETS\n"
		      "       stream send-udp ADDRESS PORT COUNT SIZE SEGMENTS\n", stderr);
		return 2;
	}
	return 0;
}
