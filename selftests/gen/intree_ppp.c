// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One end of the kernel's own PPP over its own L2TP version 2 or PPTP, without a
 * daemon and without negotiation: units of ppp_generic, each over one channel, or
 * one unit with multilink over all of them.  It is how the selftests get the other
 * implementation of RFC 1990 as a peer in the same kernel, and how it is measured.
 *
 *	intree_ppp [-m [-s]] [-M MRRU] [-c FIFO] CHANNEL...
 *
 *	CHANNEL	LOCAL,REMOTE,TUNNEL,PEER-TUNNEL,SESSION,PEER-SESSION	L2TP
 *		LOCAL,REMOTE,CALL,PEER-CALL				PPTP
 *	-m	all channels are links of one unit; MRRU (1500) is what it puts together
 *	-s	with short headers, in both directions
 *
 *	-c	a line "cut N" from there closes the Nth channel (from 0 on)
 *
 * Prints "unit ppp<N>" for each unit and "ready", then holds everything until it
 * is killed.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_pppox.h>
#include <linux/l2tp.h>
#include <linux/ppp-ioctl.h>
#include <linux/ppp_defs.h>

enum { LINKS_MAX = 16, L2TP_PORT = 1701 };

struct wire {
	char local[64], remote[64];
	unsigned int tunnel, peer_tunnel, session, peer_session;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(const char *text)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(L2TP_PORT) };

	if (inet_pton(AF_INET, text, &sin.sin_addr) != 1) {
		fprintf(stderr, "not an address: %s\n", text);
		exit(2);
	}
	return sin;
}

static int pppox(const struct wire *w, int udp, unsigned int session, unsigned int peer_session)
{
	struct sockaddr_pppol2tp a = {
		.sa_family = AF_PPPOX,
		.sa_protocol = PX_PROTO_OL2TP,
		.pppol2tp = {
			.fd = udp,
			.s_tunnel = w->tunnel,
			.s_session = session,
			.d_tunnel = w->peer_tunnel,
			.d_session = peer_session,
		},
	};
	int s = socket(AF_PPPOX, SOCK_DGRAM, PX_PROTO_OL2TP);

	if (s < 0)
		die("socket AF_PPPOX");
	a.pppol2tp.addr = address(w->remote);
	if (connect(s, (struct sockaddr *)&a, sizeof(a)))
		die("connect AF_PPPOX");
	return s;
}

/* A tunnel of its own for each channel: a socket, its first session is number 0. */
static int l2tp(const struct wire *w)
{
	struct sockaddr_in local = address(w->local), remote = address(w->remote);
	int udp = socket(AF_INET, SOCK_DGRAM, 0), one = 1;

	if (udp < 0 || setsockopt(udp, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(udp, (struct sockaddr *)&local, sizeof(local)) ||
	    connect(udp, (struct sockaddr *)&remote, sizeof(remote)))
		die("UDP socket");
	pppox(w, udp, 0, 0);
	return pppox(w, udp, w->session, w->peer_session);
}

/* Call ids are the whole kernel's: both ends in one need different ones. */
static int pptp(const struct wire *w)
{
	struct sockaddr_pppox local = {
		.sa_family = AF_PPPOX,
		.sa_protocol = PX_PROTO_PPTP,
	}, remote = local;
	int s = socket(AF_PPPOX, SOCK_STREAM, PX_PROTO_PPTP);

	local.sa_addr.pptp.call_id = w->session;
	local.sa_addr.pptp.sin_addr = address(w->local).sin_addr;
	remote.sa_addr.pptp.call_id = w->peer_session;
	remote.sa_addr.pptp.sin_addr = address(w->remote).sin_addr;
	if (s < 0 || bind(s, (struct sockaddr *)&local, sizeof(local)) ||
	    connect(s, (struct sockaddr *)&remote, sizeof(remote)))
		die("PPTP socket");
	return s;
}

/* "LOCAL,REMOTE" and two or four numbers */
static int open_channel(const char *text)
{
	struct wire w;

	switch (sscanf(text, "%63[^,],%63[^,],%u,%u,%u,%u", w.local, w.remote, &w.tunnel,
		       &w.peer_tunnel, &w.session, &w.peer_session)) {
	case 4:
		w.session = w.tunnel;
		w.peer_session = w.peer_tunnel;
		return pptp(&w);
	case 6:
		return l2tp(&w);
	default:
		fprintf(stderr, "not a channel: %s\n", text);
		exit(2);
	}
}

static int attach(int socket)
{
	int index, fd = open("/dev/ppp", O_RDWR);

	if (fd < 0 || ioctl(socket, PPPIOCGCHAN, &index) || ioctl(fd, PPPIOCATTCHAN, &index))
		die("channel");
	return fd;
}

static int unit(int *number, bool multilink, bool short_header, int mrru)
{
	struct npioctl np[] = {
		{ .protocol = PPP_IP, .mode = NPMODE_PASS },
		{ .protocol = PPP_IPV6, .mode = NPMODE_PASS },
	};
	int fd = open("/dev/ppp", O_RDWR), flags = SC_MULTILINK;

	*number = -1;
	if (short_header)
		flags |= SC_MP_SHORTSEQ | SC_MP_XSHORTSEQ;
	if (fd < 0 || ioctl(fd, PPPIOCNEWUNIT, number) || ioctl(fd, PPPIOCSNPMODE, &np[0]) ||
	    ioctl(fd, PPPIOCSNPMODE, &np[1]) ||
	    (multilink && (ioctl(fd, PPPIOCSMRRU, &mrru) || ioctl(fd, PPPIOCSFLAGS, &flags))))
		die("unit");
	printf("unit ppp%d\n", *number);
	return fd;
}

int main(int argc, char **argv)
{
	bool multilink = false, short_header = false;
	int o, number = -1, mrru = 1500, n = 0;
	int channels[LINKS_MAX], sockets[LINKS_MAX];
	FILE *commands = NULL;
	char line[64];

	while ((o = getopt(argc, argv, "msM:c:")) > 0) {
		switch (o) {
		case 'm':
			multilink = true;
			break;
		case 's':
			short_header = true;
			break;
		case 'M':
			mrru = atoi(optarg);
			break;
		case 'c':
			commands = fopen(optarg, "r+");
			if (!commands)
				die(optarg);
			break;
		default:
			return 2;
		}
	}
	for (; optind < argc && n < LINKS_MAX; optind++, n++) {
		sockets[n] = open_channel(argv[optind]);
		if (!multilink || number < 0)
			unit(&number, multilink, short_header, mrru);
		channels[n] = attach(sockets[n]);
		if (ioctl(channels[n], PPPIOCCONNECT, &number))
			die("PPPIOCCONNECT");
	}
	printf("ready\n");
	fflush(stdout);
	while (commands && fgets(line, sizeof(line), commands)) {
		int which;

		if (sscanf(line, "cut %d", &which) != 1 || which < 0 || which >= n)
			continue;
		close(channels[which]);
		close(sockets[which]);
		printf("cut %d\n", which);
		fflush(stdout);
	}
	for (;;)
		pause();
}
