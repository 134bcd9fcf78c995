// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * L2TPv3 sessions by the thousand, of rtun or of the in-tree driver, in the same
 * manner: many requests in each message to the kernel, each of which is answered or
 * acknowledged.
 *
 *	manysessions KIND add TUNNEL COUNT
 *	manysessions KIND del TUNNEL COUNT
 *
 * KIND is one of
 *	l2tp		the in-tree driver, each session with an Ethernet device
 *	rtun		ours, the same
 *	ppp		ours, each with a device for PPP
 *	multipoint	ours, PPP, all of them on device many0, which is there and of mode
 *			multipoint; session N has the address 10.100.(N / 256).(N % 256)
 *
 * Sessions 1 to COUNT in a tunnel that is there, with the same ids at both ends, and
 * devices many1, many2, ...  "del" takes the sessions, and returns when their devices
 * are gone.  Prints how many milliseconds it took by the clock.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/l2tp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/rtun.h>

enum { TOGETHER = 32 };

enum kind { INTREE, ETH, PPP, MULTIPOINT };
static const char *const kinds[] = { "l2tp", "rtun", "ppp", "multipoint" };

static char buffer[1 << 16];
static size_t filled;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int netlink(int protocol)
{
	const int one = 1, size = 8 << 20;
	int s = socket(AF_NETLINK, SOCK_RAW, protocol);

	if (s < 0 || setsockopt(s, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one)) ||
	    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		die("netlink");
	return s;
}

/* Appends a message, whose fixed part is @head; it grows with put(). */
static struct nlmsghdr *message(int type, int flags, const void *head, size_t len)
{
	struct nlmsghdr *h = (void *)(buffer + filled);

	memset(h, 0, NLMSG_SPACE(len));
	h->nlmsg_type = (unsigned short)type;
	h->nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags);
	h->nlmsg_len = (unsigned int)NLMSG_LENGTH(len);
	memcpy(NLMSG_DATA(h), head, len);
	filled += NLMSG_SPACE(len);
	return h;
}

static struct nlattr *put(struct nlmsghdr *h, int type, const void *data, size_t len)
{
	struct nlattr *a = (void *)(buffer + filled);

	memset(a, 0, NLA_HDRLEN + (size_t)NLA_ALIGN(len));
	a->nla_type = (unsigned short)type;
	a->nla_len = (unsigned short)(NLA_HDRLEN + len);
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	filled += NLA_HDRLEN + (size_t)NLA_ALIGN(len);
	h->nlmsg_len = (unsigned int)(buffer + filled - (char *)h);
	return a;
}

static void put32(struct nlmsghdr *h, int type, unsigned int value)
{
	put(h, type, &value, sizeof(value));
}

static struct nlattr *nest(struct nlmsghdr *h, int type)
{
	return put(h, type | NLA_F_NESTED, NULL, 0);
}

static void nest_end(struct nlattr *a)
{
	a->nla_len = (unsigned short)(buffer + filled - (char *)a);
}

/* Sends what is there and takes in so many acknowledgements or answers. */
static void flush(int s, int answers)
{
	static char answer[1 << 17];

	if (send(s, buffer, filled, 0) < 0)
		die("send");
	filled = 0;
	while (answers > 0) {
		ssize_t got = recv(s, answer, sizeof(answer), 0);
		struct nlmsghdr *h = (void *)answer;

		if (got < 0)
			die("recv");
		for (; NLMSG_OK(h, (size_t)got); h = NLMSG_NEXT(h, got)) {
			const struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_type == NLMSG_ERROR && e->error) {
				fprintf(stderr, "refused: %s\n", strerror(-e->error));
				exit(1);
			}
			answers--;
		}
	}
}

static int family(int s, const char *name)
{
	const struct genlmsghdr head = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct nlmsghdr *h = message(GENL_ID_CTRL, 0, &head, sizeof(head));
	char answer[8192];
	ssize_t got;

	h->nlmsg_flags = NLM_F_REQUEST;
	put(h, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	if (send(s, buffer, filled, 0) < 0)
		die("send");
	filled = 0;
	got = recv(s, answer, sizeof(answer), 0);
	h = (void *)answer;
	if (got < 0 || !NLMSG_OK(h, (size_t)got) || h->nlmsg_type == NLMSG_ERROR) {
		fprintf(stderr, "no family %s\n", name);
		exit(1);
	}
	for (struct nlattr *a = (void *)((char *)NLMSG_DATA(h) + GENL_HDRLEN);
	     (char *)a < answer + got; a = (void *)((char *)a + NLA_ALIGN(a->nla_len)))
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			return *(unsigned short *)((char *)a + NLA_HDRLEN);
	die("family");
	return 0;
}

static void intree_session(int fam, int cmd, unsigned int tunnel, unsigned int id)
{
	const struct genlmsghdr head = { .cmd = (unsigned char)cmd, .version = L2TP_GENL_VERSION };
	struct nlmsghdr *h = message(fam, 0, &head, sizeof(head));
	const unsigned short pw = L2TP_PWTYPE_ETH;
	const unsigned char sublayer = L2TP_L2SPECTYPE_DEFAULT;
	char name[16];

	put32(h, L2TP_ATTR_CONN_ID, tunnel);
	put32(h, L2TP_ATTR_SESSION_ID, id);
	if (cmd == L2TP_CMD_SESSION_DELETE)
		return;
	snprintf(name, sizeof(name), "many%u", id);
	put32(h, L2TP_ATTR_PEER_SESSION_ID, id);
	put(h, L2TP_ATTR_PW_TYPE, &pw, sizeof(pw));
	put(h, L2TP_ATTR_L2SPEC_TYPE, &sublayer, sizeof(sublayer));
	put(h, L2TP_ATTR_IFNAME, name, strlen(name) + 1);
}

static void our_session(int fam, enum kind kind, int cmd, unsigned int tunnel, unsigned int id)
{
	const struct genlmsghdr head = { .cmd = (unsigned char)cmd, .version = RTUN_GENL_VERSION };
	const struct nla_bitfield32 np = { .value = RTUN_NP_IPV4, .selector = RTUN_NP_IPV4 };
	const struct rtun_prefix prefix = {
		.family = AF_INET, .len = 32,
		.addr = { 10, 100, (unsigned char)(id / 256), (unsigned char)(id % 256) },
	};
	struct nlmsghdr *h = message(fam, 0, &head, sizeof(head));
	struct nlattr *session = nest(h, RTUN_A_SESSION);

	put32(h, RTUN_A_SESSION_ID, id);
	if (cmd == RTUN_CMD_SESSION_NEW) {
		/* it is answered with the session */
		h->nlmsg_flags &= (unsigned short)~NLM_F_ACK;
		put32(h, RTUN_A_SESSION_TUNNEL_ID, tunnel);
		put32(h, RTUN_A_SESSION_LOCAL_ID, id);
		put32(h, RTUN_A_SESSION_PEER_ID, id);
		put32(h, RTUN_A_SESSION_L2SPEC, RTUN_L2SPEC_DEFAULT);
		if (kind != ETH) {
			put32(h, RTUN_A_SESSION_PW_TYPE, RTUN_PW_PPP);
			put(h, RTUN_A_SESSION_NP, &np, sizeof(np));
		}
		if (kind == MULTIPOINT)
			put(h, RTUN_A_SESSION_PREFIXES, &prefix, sizeof(prefix));
	}
	nest_end(session);
}

static void our_attachment(int fam, unsigned int device, unsigned int id)
{
	const struct genlmsghdr head = { .cmd = RTUN_CMD_SESSION_ATTACH, .version = RTUN_GENL_VERSION };
	struct nlmsghdr *h = message(fam, 0, &head, sizeof(head));
	struct nlattr *session = nest(h, RTUN_A_SESSION);

	put32(h, RTUN_A_SESSION_ID, id);
	put32(h, RTUN_A_SESSION_IFINDEX, device);
	nest_end(session);
}

static void our_device(enum kind kind, unsigned int id)
{
	const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct nlmsghdr *h = message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &head, sizeof(head));
	const unsigned char mode = kind == ETH ? RTUN_MODE_ETH : RTUN_MODE_PPP;
	struct nlattr *info, *data;
	char name[16];

	snprintf(name, sizeof(name), "many%u", id);
	put(h, IFLA_IFNAME, name, strlen(name) + 1);
	info = nest(h, IFLA_LINKINFO);
	put(h, IFLA_INFO_KIND, RTUN_LINK_KIND, sizeof(RTUN_LINK_KIND));
	data = nest(h, IFLA_INFO_DATA);
	put(h, IFLA_RTUN_MODE, &mode, sizeof(mode));
	put32(h, IFLA_RTUN_SESSION, id);
	put(h, IFLA_RTUN_DIE_WITH_SESSION, NULL, 0);
	nest_end(data);
	nest_end(info);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A device goes after its session, perhaps a little later. */
static void wait_gone(int rtnl, unsigned int count)
{
	char name[16], answer[8192];

	for (unsigned int id = 1; id <= count; id++) {
		snprintf(name, sizeof(name), "many%u", id);
		for (;;) {
			const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
			struct nlmsghdr *h = message(RTM_GETLINK, 0, &head, sizeof(head));

			h->nlmsg_flags = NLM_F_REQUEST;
			put(h, IFLA_IFNAME, name, strlen(name) + 1);
			if (send(rtnl, buffer, filled, 0) < 0)
				die("send");
			filled = 0;
			if (recv(rtnl, answer, sizeof(answer), 0) < 0)
				die("recv");
			if (((struct nlmsghdr *)answer)->nlmsg_type == NLMSG_ERROR)
				break;
			usleep(1000);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int tunnel, count, device = 0;
	enum kind kind = INTREE;
	int genl, rtnl, fam;
	double start;
	int add;

	if (argc != 5)
		return 2;
	while (strcmp(argv[1], kinds[kind]))
		if (kind++ == MULTIPOINT)
			return 2;
	add = !strcmp(argv[2], "add");
	tunnel = (unsigned int)atoi(argv[3]);
	count = (unsigned int)atoi(argv[4]);
	genl = netlink(NETLINK_GENERIC);
	rtnl = netlink(NETLINK_ROUTE);
	fam = family(genl, kind == INTREE ? L2TP_GENL_NAME : RTUN_GENL_NAME);
	if (kind == MULTIPOINT) {
		device = if_nametoindex("many0");
		if (!device)
			die("many0");
	}

	start = now();
	for (unsigned int id = 1; id <= count; id += TOGETHER) {
		unsigned int last = id + TOGETHER - 1 < count ? id + TOGETHER - 1 : count;

		for (unsigned int i = id; i <= last; i++)
			if (kind == INTREE)
				intree_session(fam, add ? L2TP_CMD_SESSION_CREATE : L2TP_CMD_SESSION_DELETE,
					       tunnel, i);
			else
				our_session(fam, kind, add ? RTUN_CMD_SESSION_NEW : RTUN_CMD_SESSION_DEL, tunnel, i);
		flush(genl, (int)(last - id + 1));
		if (kind == INTREE || !add)
			continue;
		for (unsigned int i = id; i <= last; i++)
			if (kind == MULTIPOINT)
				our_attachment(fam, device, i);
			else
				our_device(kind, i);
		flush(kind == MULTIPOINT ? genl : rtnl, (int)(last - id + 1));
	}
	if (!add && kind != MULTIPOINT)
		wait_gone(rtnl, count);
	printf("%.1f\n", now() - start);
	return 0;
}
