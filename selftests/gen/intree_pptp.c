// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pppd plugin whose channel is the kernel's own PPTP driver (drivers/net/ppp/
 * pptp.c): an AF_PPPOX socket bound to call ids that somebody else agreed on.
 * It is how the selftests get the other implementation of RFC 2637 section 4 as
 * a peer, with a complete PPP above it.
 *
 *	pppd plugin ./intree_pptp.so intree_pptp LOCAL,REMOTE,CALL,PEER-CALL ...
 *
 * For pppd 2.4.9, whose plugin interface names the version it is for.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_pppox.h>

#include <pppd/pppd.h>
#include <pppd/fsm.h>
#include <pppd/lcp.h>

char pppd_version[] = VERSION;

static struct sockaddr_pppox local_end, remote_end;
static int sock = -1;

static int channel_connect(void)
{
	sock = socket(AF_PPPOX, SOCK_STREAM, PX_PROTO_PPTP);
	if (sock < 0) {
		error("intree_pptp: socket: %m");
		return -1;
	}
	if (bind(sock, (struct sockaddr *)&local_end, sizeof(local_end)) ||
	    connect(sock, (struct sockaddr *)&remote_end, sizeof(remote_end))) {
		error("intree_pptp: bind or connect: %m");
		close(sock);
		sock = -1;
		return -1;
	}
	strlcpy(ppp_devnam, inet_ntoa(remote_end.sa_addr.pptp.sin_addr),
		sizeof(ppp_devnam));
	return sock;
}

static void channel_disconnect(void)
{
	if (sock >= 0)
		close(sock);
	sock = -1;
}

/* pppd tells a serial line about escapes and the MTU; there is none here. */
static void send_config(int mtu, u_int32_t accm, int pcomp, int accomp)
{
}

static void recv_config(int mru, u_int32_t accm, int pcomp, int accomp)
{
}

static int set_ends(char **argv);

static option_t options[] = {
	{ .name = "intree_pptp", .type = o_special, .addr = (void *)set_ends,
	  .description = "LOCAL,REMOTE,CALL,PEER-CALL" },
	{ .name = NULL }
};

static struct channel channel = {
	.options = options,
	.connect = channel_connect,
	.disconnect = channel_disconnect,
	.establish_ppp = generic_establish_ppp,
	.disestablish_ppp = generic_disestablish_ppp,
	.send_config = send_config,
	.recv_config = recv_config,
};

static int set_end(struct sockaddr_pppox *end, const char *address,
		   unsigned int call)
{
	struct in_addr addr;

	if (!inet_aton(address, &addr) || call > 65535)
		return 0;
	memset(end, 0, sizeof(*end));
	end->sa_family = AF_PPPOX;
	end->sa_protocol = PX_PROTO_PPTP;
	end->sa_addr.pptp.call_id = call;
	end->sa_addr.pptp.sin_addr = addr;
	return 1;
}

static int set_ends(char **argv)
{
	char local[32], remote[32];
	unsigned int call, peer_call;

	if (sscanf(*argv, "%31[^,],%31[^,],%u,%u", local, remote, &call,
		   &peer_call) != 4 ||
	    !set_end(&local_end, local, call) ||
	    !set_end(&remote_end, remote, peer_call))
		return 0;
	the_channel = &channel;
	modem = 0;
	/* RFC 2637: frames are whole, nothing needs escapes. */
	lcp_wantoptions[0].neg_asyncmap = 0;
	lcp_allowoptions[0].neg_asyncmap = 0;
	lcp_wantoptions[0].neg_pcompression = 0;
	lcp_wantoptions[0].neg_accompression = 0;
	return 1;
}

void plugin_init(void)
{
	add_options(options);
}
