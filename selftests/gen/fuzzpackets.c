// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sends what an attacker on the path could: mutations of good packets of every transport
 * and payload, through two TAP devices in the receiver's own namespace.  What it sends
 * depends on its seed alone.  fuzzpackets.py, which makes the sessions of fuzzframes.h
 * and looks at the counters, talks to it:
 *
 *	fuzzpackets NAPI-TAP PLAIN-TAP
 *
 *	keys ID HEX...		MPPE session keys after 0, 1, ... changes
 *	templates		each good packet once
 *	cuts			a good packet of each session, cut at each length
 *	lies			each that there is to tell, by itself, to each session
 *	floods			of some sessions more than they may hold
 *	batch SEED COUNT	so many, with lies, flips, splices, fragments, ...
 *	probe ROUND		good packets of each session: a line "probe ID ok|lost ..."
 *
 * Each is answered by a line "sent N surely M perhaps P refused R": so many of them have
 * to be in rtun's counters, and so many more may be.  The first TAP receives with NAPI,
 * into pages, and joins packets (GRO); what the second one takes is in one piece.
 */
#include "fuzzframes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* older headers do not know it */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
# define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

enum {
	BIG		= 60000,	/* octets of what fills a queue soon */
	WARM		= 6,		/* packets until a jump is believed, and some */
	PROBES		= 3,
	ATTEMPTS	= 10,
	LIES		= 35,		/* kinds of them, see lie() */
	LATER		= 8,		/* frames that wait for others to overtake them */
};

static int taps[2];
static struct { unsigned int sent, surely, perhaps, refused; } tally;
static const struct lies honest;
static struct frame frame, other, part, later[LATER];
static bool waiting[LATER];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int tap_open(const char *name, short flags)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		die("/dev/net/tun");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr))
		die(name);
	return fd;
}

/* Answers and what else the receiver sends would fill the queue. */
static void drain(void)
{
	static uint8_t scrap[FRAME_MAX];

	for (int i = 0; i < 2; i++)
		while (read(taps[i], scrap, sizeof(scrap)) > 0)
			;
}

/* --- delivery --------------------------------------------------------------------- */

static bool hand_over(const struct frame *f, const struct virtio_net_hdr *vnet, unsigned int tap)
{
	struct iovec iov[6] = { { (void *)vnet, sizeof(*vnet) } };
	uint32_t at = 0, n = 1;

	/* a piece has to fit into a page, the last one excepted nothing is said of it */
	while (at < f->len) {
		uint32_t left = f->len - at, piece = left;

		if (!tap && n < 5 && left > 64 && f->len < 4096)
			piece = 64 + below(left - 64);
		iov[n++] = (struct iovec){ (void *)(f->b + at), piece };
		at += piece;
	}
	tally.sent++;
	if (writev(taps[tap], iov, n) >= 0)
		return true;
	tally.refused++;
	return false;
}

static void send_as(const struct frame *f, enum arrives how)
{
	static const struct virtio_net_hdr plain;
	/* the one in pages takes no more than one page a piece */
	unsigned int tap = f->len > 4000 ? 1 : below(2);

	if (!hand_over(f, &plain, tap))
		return;
	tally.surely += how == SURELY;
	tally.perhaps += how == PERHAPS;
	if (!below(64))
		drain();
}

static void send_frame(const struct frame *f) { send_as(f, arrives(f)); }

/* One that says it is many. */
static void send_gso(struct frame *f)
{
	static const uint8_t types[] = { VIRTIO_NET_HDR_GSO_TCPV4, VIRTIO_NET_HDR_GSO_TCPV6,
					 VIRTIO_NET_HDR_GSO_UDP, VIRTIO_NET_HDR_GSO_UDP_L4 };
	struct virtio_net_hdr vnet = {
		.flags = one_in(4) ? 0 : VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = types[below(4)] | (one_in(8) ? VIRTIO_NET_HDR_GSO_ECN : 0),
		.hdr_len = one_in(4) ? below(200) : f->l4 + 8,
		.gso_size = one_in(4) ? 1 + below(65535) : 8 + below(f->len),
		.csum_start = one_in(4) ? below(f->len) : f->l4,
	};

	vnet.csum_offset = one_in(4) ? below(64) : (vnet.gso_type & 7) == VIRTIO_NET_HDR_GSO_UDP_L4 ? 6 : 16;

	if (f->v6 && one_in(2))
		vnet.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	if (hand_over(f, &vnet, f->len > 4000 ? 1 : below(2)))
		tally.perhaps += f->len / (vnet.gso_size ?: 1) + 2;
}

/* Outer fragments, in any order, perhaps not all, perhaps one twice or too long. */
static void send_fragments(const struct frame *f)
{
	uint32_t n = f->len > f->l4 ? f->len - f->l4 : 0;
	uint32_t size = 8 * (1 + below(n / 16 + 1)), count = 0;
	bool whole = !one_in(3);
	struct { uint32_t at, len; } piece[64];

	if (f->v6 || n <= 8) {
		send_frame(f);
		return;
	}
	if (n / size >= 60)
		size = (n / 60 + 15) & ~7;
	for (uint32_t at = 0; at < n; at += size, count++) {
		piece[count].at = at;
		piece[count].len = n - at < size ? n - at : size;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t j = below(count), at = piece[i].at, len = piece[i].len;

		piece[i] = piece[j];
		piece[j].at = at;
		piece[j].len = len;
	}
	if (!whole && one_in(2))
		count--;
	else if (!whole)
		piece[below(count)].len += 8 * below(3);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t len = piece[i].len;

		if (len > n - piece[i].at)
			len = n - piece[i].at;
		part = (struct frame){ .l4 = f->l4 };
		put(&part, f->b, f->l4);
		put(&part, f->b + f->l4 + piece[i].at, len);
		set16(part.b + ETHER + 6, piece[i].at / 8 |
		      (piece[i].at + len < n ? 0x2000 : 0));
		set16(part.b + ETHER + 2, part.len - ETHER);
		set16(part.b + ETHER + 10, 0);
		set16(part.b + ETHER + 10, fold(sum(0, part.b + ETHER, 20)));
		send_as(&part, NEVER);
	}
	if (whole)
		tally.surely += arrives(f) == SURELY;
	else
		tally.perhaps++;
}

/* Options of IPv4, good and bad ones. */
static void add_options(struct frame *f)
{
	uint32_t n = 4 * (1 + below(10));
	uint8_t *p = f->b + f->l4;

	if (f->v6 || f->len + n > FRAME_MAX - 64)
		return;
	memmove(p + n, p, f->len - f->l4);
	memset(p, 1, n);
	for (uint32_t i = 0; i < n; i++)
		if (one_in(3))
			p[i] = roll();
	if (one_in(2)) {
		static const uint8_t known[] = { 7, 68, 131, 137, 148, 134 };

		p[0] = known[below(6)];
		p[1] = one_in(4) ? below(64) : n;
		p[2] = 4;
	}
	f->b[ETHER] = 0x45 + n / 4;
	f->l4 += n;
	f->len += n;
	f->payload += n;
	f->since += n;
	f->said += f->said ? n : 0;
}

/* --- mutation --------------------------------------------------------------------- */

/* What a session may get; what is not for it, seldom, as well. */
static enum kind any_kind(const struct session *s)
{
	static const enum kind ppp[] = { IP4, IP4, IP6, TCP, ECHO, LCP, CCP, RESET_REQUEST,
					 RESET_ACK, UNKNOWN },
			       eth[] = { IP4, IP4, IP6, TCP, ARP, KEEPALIVE, BPDU, RUNT };

	if (one_in(50))
		return below(KINDS);
	return s->carries == ETH || s->carries == VLAN ? eth[below(8)] : ppp[below(10)];
}

static int32_t any_jump(void)
{
	switch (below(8)) {
	case 0: return -1 - (int32_t)below(70);
	case 1: return 1 + below(40);
	case 2: return 1 + below(4000);
	case 3: return 4096 + below(1 << 20);
	case 4: return roll();
	case 5: return -(int32_t)below(5000);
	default: return -1;
	}
}

static uint8_t any_class(const struct session *s)
{
	return s->bundle ? below(s->bundle->classes) : 0;
}

static bool is_ppp(const struct session *s) { return s->carries == PPP || s->carries == BCP; }

/* False: that is nothing to lie about here. */
static bool lie(const struct session *s, struct lies *l, unsigned int which)
{
	switch (which) {
	case 0: case 1: case 2: l->seq = any_jump(); l->stay = one_in(2); return s->numbered;
	case 3: l->no_seq = true; return s->numbered;
	case 4: l->gre0 = 1 << below(8); return s->xport == PPTP;
	case 5: l->gre1 = 1 << below(8); return s->xport == PPTP;
	case 6: l->length = one_in(2) ? (int32_t)below(65536) - 32768 : (int32_t)below(9) - 4;
		l->l_bit = true; return s->xport == PPTP || s->xport == V2;
	case 7: l->l2tp = 1 << below(16); return s->port;
	case 8: l->bad_cookie = true; return s->cookie_len;
	case 9: l->stranger = true; return one_in(2);
	case 10: l->bad_peer = true; return one_in(2);
	case 11: l->zero_csum = true; return s->port;
	case 12: l->bad_csum = true; return s->port && one_in(4);
	case 13: l->ce = true; return one_in(2);
	case 14: l->peer_port = 1 + below(9); return s->port;
	case 15: l->ack = true; l->no_seq = one_in(4); return s->xport == PPTP;
	case 16: l->offset = true; l->length = one_in(2) ? 0 : below(65536); return s->xport == V2;
	case 17: l->no_address = true; l->one_octet = one_in(2); return is_ppp(s);
	case 18: case 19: l->count = any_jump(); l->stay = one_in(2); return s->mppe;
	case 20: l->mppe = one_in(2) ? 0x10 << below(4) : 0; l->bad_key = one_in(2); return s->mppe;
	case 21: l->clear = true; return s->mppe;
	case 22: l->sealed = true; return is_ppp(s) && (!s->mppe || one_in(4));
	case 25: l->mac_type = 1 + below(4); return s->carries == BCP;
	case 23: case 24:
		l->bcp = one_in(2) ? 0x80U >> below(4) : roll();
		l->tagged = one_in(2);
		return s->carries == BCP;
	case 26: l->untagged = true; return s->carries == VLAN;
	case 27: l->looped = true; return s->carries != PPP;
	case 28: l->forged = true; return true;
	case 30: l->bcp = 0x20; return s->carries == BCP;
	case 29: l->bare = true; return s->bundle;
	default:
		l->mp = true;
		l->mp_bits = below(4) << 6;
		l->mp_class = one_in(3) ? below(16) : any_class(s);
		l->mp_seq = one_in(2) ? 0 : any_jump();
		l->stay = one_in(3);
		return s->bundle;
	}
}

/* What is nothing to lie about is a good packet once in a while. */
static void any_lie(const struct session *s, struct lies *l)
{
	struct lies before = *l;

	while (!lie(s, l, below(LIES)) && !one_in(50))
		*l = before;
}

/* Each lie by itself. */
static void lies(void)
{
	dice = 4;
	for (unsigned int i = 0; i < SESSIONS; i++)
		for (unsigned int which = 0; which < LIES; which++)
			for (unsigned int n = 0; n < 4; n++) {
				struct lies l = honest;

				if (!lie(&sessions[i], &l, which))
					continue;
				frame_make(&frame, &sessions[i], IP4, 0, 0, &l, 60);
				send_frame(&frame);
			}
}

static uint32_t any_size(void)
{
	return one_in(40) ? 4000 + below(3000) : one_in(4) ? below(1500) : below(80);
}

/* Octets between @from and the end are no longer what they were. */
static void spoil(struct frame *f, uint32_t from)
{
	uint32_t n = f->len - from, at = from + below(n);
	static const uint16_t values[] = { 0, 1, 0x7fff, 0x8000, 0xffff, 0xff03, 0x003d, 0x00fd };

	if (!n)
		return;
	switch (below(5)) {
	case 0:
	case 1:
		for (uint32_t i = 1 + below(4); i; i--)
			f->b[from + below(n < 40 ? n : one_in(2) ? 40 : n)] ^= 1 << below(8);
		break;
	case 2:
		if (at + 2 <= f->len)
			set16(f->b + at, one_in(2) ? roll() : values[below(8)]);
		break;
	case 3:
		f->len = at;
		break;
	case 4:
		if (f->len + 300 < FRAME_MAX)
			zeros(f, 1 + below(256));
		break;
	}
}

/* The rest of another frame behind the beginning of this one. */
static void mix(struct frame *f, const struct frame *with)
{
	uint32_t at = f->l4 + below(f->len - f->l4), from = with->l4 + below(with->len - with->l4);
	uint32_t n = with->len - from;

	if (at + n > FRAME_MAX - 64)
		return;
	memcpy(f->b + at, with->b + from, n);
	f->len = at + n;
}

static void finish(struct frame *f)
{
	uint32_t slot = below(LATER);

	/* lengths that UDP and IP do not say, each by itself */
	if (one_in(20) && f->len > f->l4 + 8) {
		set16(f->b + (one_in(2) ? f->l4 + 4 : ETHER + 2U), roll());
	}
	if (one_in(25)) {
		send_gso(f);
	} else if (one_in(25)) {
		send_fragments(f);
	} else if (one_in(12)) {
		/* whatever waited there goes now */
		if (waiting[slot])
			send_frame(&later[slot]);
		later[slot] = *f;
		waiting[slot] = true;
	} else {
		send_frame(f);
		if (one_in(20))
			send_frame(f);
	}
}

/* The links of a bundle bring the pieces of a packet, in their order or not. */
static void fragments(struct session *s)
{
	uint32_t n = 2 + below(one_in(6) ? 80 : 6), skip = one_in(3) ? below(n) : n;
	uint32_t size = one_in(6) ? 1400 : below(200), swap = one_in(3) ? below(n) : n;
	struct lies l = { .mp = true, .mp_class = any_class(s) };

	for (uint32_t i = 0; i < n; i++) {
		struct session *link = s;

		while (one_in(2) || link->bundle != s->bundle)
			link = &sessions[below(SESSIONS)];
		l.mp_bits = (i ? 0 : 0x80) | (i == n - 1 ? 0x40 : 0);
		if (one_in(30))
			l.mp_bits ^= one_in(2) ? 0x80 : 0x40;
		l.mp_seq = i == swap ? 1 : swap < n && i == swap + 1 ? -1 : 0;
		frame_make(&frame, link, IP4, 0, 0, &l, size);
		if (i != skip)
			send_frame(&frame);
	}
}

/* So much behind a gap that a queue is full, or so many for the program. */
static void flood(struct session *s, bool talk)
{
	struct lies gap = { .seq = s->bundle ? 0 : 5, .mp = s->bundle, .mp_seq = 5 };

	for (uint32_t i = 0; i < 90; i++) {
		if (talk)
			frame_make(&frame, s, LCP, 0, 0, &honest, 8);
		else
			frame_make(&frame, s, IP4, 0, 0, &gap, BIG);
		send_frame(&frame);
	}
}

/* Of each session that can hold something. */
static void floods(void)
{
	dice = 3;
	for (unsigned int i = 0; i < SESSIONS; i++)
		if (sessions[i].id == 10 || sessions[i].id == 16 || sessions[i].bundle)
			flood(&sessions[i], sessions[i].id == 16);
}

/* Nothing but noise behind the ids that open the door. */
static void noise(struct session *s)
{
	frame_make(&frame, s, IP4, 0, 0, &honest, below(200));
	for (uint32_t i = frame.payload; i < frame.len; i++)
		frame.b[i] = roll();
	frame_sums(&frame);
	finish(&frame);
}

/* More often those that there is more to lie about. */
static struct session *any_session(void)
{
	struct session *s;
	uint32_t how = below(8);

	do
		s = &sessions[below(SESSIONS)];
	while ((how == 0 && !s->mppe) || (how == 1 && s->carries != BCP) ||
	       (how == 2 && s->carries != VLAN && !s->bundle));
	return s;
}

static void one(void)
{
	struct session *s = any_session();
	struct lies l = honest;

	if (one_in(1000)) {
		flood(s, is_ppp(s) && !s->bundle && one_in(3));
		return;
	}
	if (s->bundle && one_in(4)) {
		fragments(s);
		return;
	}
	if (one_in(25)) {
		noise(s);
		return;
	}
	for (uint32_t n = below(3); n; n--)
		any_lie(s, &l);
	frame_make(&frame, s, any_kind(s), 0, 0, &l, any_size());
	if (one_in(3))
		spoil(&frame, frame.l4 + (s->xport != PPTP && s->xport != V3_IP ? 8 : 0));
	if (other.len && one_in(15))
		mix(&frame, &other);
	if (one_in(3))
		frame_fit(&frame);
	other = frame;
	if (one_in(15))
		add_options(&frame);
	frame_sums(&frame);
	/* from here on the sums are what is wrong */
	if (one_in(25))
		spoil(&frame, one_in(2) ? ETHER : 0);
	if (frame.len >= ETHER)
		finish(&frame);
}

static void batch(uint64_t seed, unsigned int count)
{
	dice = seed;
	while (count--)
		one();
	for (int i = 0; i < LATER; i++)
		if (waiting[i]) {
			send_frame(&later[i]);
			waiting[i] = false;
		}
}

/* --- good ones -------------------------------------------------------------------- */

static void good_by(unsigned int tap, struct session *s, enum kind kind, const struct lies *l,
		    uint32_t size)
{
	static const struct virtio_net_hdr plain;

	frame_make(&frame, s, kind, 0, 0, l, size);
	if (arrives(&frame) != SURELY || !hand_over(&frame, &plain, tap)) {
		fprintf(stderr, "session %u: a good frame of kind %d is not sent: %s\n", s->id, kind,
			strerror(errno));
		exit(1);
	}
	tally.surely++;
	drain();
}

static void good(struct session *s, enum kind kind, const struct lies *l, uint32_t size)
{
	good_by(0, s, kind, l, size);
	good_by(1, s, kind, l, size);
}

static void good_ppp(struct session *s)
{
	static const enum kind kinds[] = { IP4, IP6, TCP, TCP, ECHO, LCP, CCP, UNKNOWN };
	struct lies l;

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		good(s, kinds[i], &honest, 40);
	good(s, IP4, &(struct lies){ .no_address = true }, 0);
	good(s, IP4, &(struct lies){ .one_octet = true }, 0);
	good(s, IP4, &(struct lies){ .one_octet = true, .no_address = true }, 1);
	if (s->mppe) {
		good(s, RESET_REQUEST, &honest, 0);
		good(s, RESET_ACK, &honest, 0);
	}
	if (s->carries == BCP) {
		good(s, IP4, &(struct lies){ .bcp = 0x80 }, 60);
		good(s, IP4, &(struct lies){ .bcp = 0x83 }, 60);
		good(s, IP4, &(struct lies){ .tagged = true }, 60);
		good(s, BPDU, &(struct lies){ .bcp = 0x10 }, 60);
		if (s->tinygram)
			good(s, ARP, &(struct lies){ .bcp = 0x20 }, 0);
	}
	if (!s->bundle)
		return;
	good(s, IP4, &(struct lies){ .bare = true }, 60);
	for (unsigned int c = 0; c < (s->bundle->classes ?: 1); c++) {
		l = (struct lies){ .mp = true, .mp_class = c, .mp_bits = 0x80 };
		good_by(0, s, IP4, &l, 100);
		l.mp_bits = 0x40;
		good_by(1, s, IP4, &l, 100);
	}
}

static void good_ethernet(struct session *s)
{
	static const enum kind kinds[] = { IP4, IP6, TCP, TCP, ARP, KEEPALIVE, BPDU };

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		good(s, kinds[i], &honest, 40);
	good(s, IP4, &(struct lies){ .tagged = true }, 40);
}

static void templates(void)
{
	dice = 1;
	for (unsigned int i = 0; i < SESSIONS; i++) {
		struct session *s = &sessions[i];

		if (s->dead)
			continue;
		if (s->carries == ETH || s->carries == VLAN)
			good_ethernet(s);
		else
			good_ppp(s);
		if (s->xport == PPTP) {
			good(s, IP4, &(struct lies){ .ack = true }, 40);
			good(s, EMPTY, &(struct lies){ .ack = true, .no_seq = true, .stay = true }, 0);
		}
		if (s->xport == V2) {
			good(s, IP4, &(struct lies){ .l_bit = true }, 40);
			good(s, IP4, &(struct lies){ .offset = true }, 40);
		}
	}
}

static void cut(struct session *s, uint32_t n, bool fit, bool sums)
{
	/* as long as headers get */
	static const struct lies acked = { .ack = true, .l_bit = true, .bcp = 0x83 };

	frame_make(&frame, s, IP4, 0, 0, &acked, 0);
	if (n >= frame.len)
		return;
	frame.len = n;
	if (fit)
		frame_fit(&frame);
	if (sums)
		frame_sums(&frame);
	send_frame(&frame);
}

static void cuts(void)
{
	dice = 2;
	for (unsigned int i = 0; i < SESSIONS; i++) {
		struct session *s = &sessions[i];
		bool said = s->xport == PPTP || s->xport == V2;

		for (uint32_t n = ETHER + (s->v6 ? 40 : 20); n < 180; n++) {
			cut(s, n, true, true);
			/* and with what the headers say as it was */
			if (said && n % 3 == 0)
				cut(s, n, false, true);
			if (n % 7 == 0)
				cut(s, n, false, false);
		}
	}
}

/* --- probes ----------------------------------------------------------------------- */

static int listener(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL)), size = 4 << 20;

	if (fd < 0)
		die("packet socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

/* The numbers of this session that came out of a device, until the last one did, or none
 * does for a while; 0: all that were asked for, each once and in order.
 */
static int hear(int fd, const struct session *s, uint16_t round)
{
	unsigned int expect = 1, wrong = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		struct sockaddr_ll from;
		socklen_t size = sizeof(from);
		uint8_t b[256];
		struct mark m;
		ssize_t n;

		if (poll(&p, 1, expect > PROBES ? 0 : 300) <= 0)
			break;
		n = recvfrom(fd, b, sizeof(b), 0, (struct sockaddr *)&from, &size);
		if (n < (ssize_t)(20 + sizeof(m)) || from.sll_pkttype == PACKET_OUTGOING ||
		    b[0] != 0x45 || b[9] != PROTO_PROBE)
			continue;
		memcpy(&m, b + 20, sizeof(m));
		if (memcmp(m.magic, "fuzz", 4) || ntohs(m.session) != s->id ||
		    ntohs(m.round) != round || ntohs(m.number) > PROBES)
			continue;
		if (ntohs(m.number) == expect)
			expect++;
		else
			wrong++;
	}
	return wrong || expect <= PROBES;
}

static void probe(unsigned int round)
{
	static const struct virtio_net_hdr plain;

	for (unsigned int i = 0; i < SESSIONS; i++)
		if (sessions[i].mppe) {
			sessions[i].count = 0;
			rc4_key(&sessions[i].stream, sessions[i].key[0], sessions[i].key_len);
		}
	for (unsigned int i = 0; i < SESSIONS; i++) {
		struct session *s = &sessions[i];
		unsigned int attempt;
		int fd = listener();

		if (s->dead) {
			close(fd);
			continue;
		}
		for (attempt = 0; attempt < ATTEMPTS; attempt++) {
			uint16_t mark = round * ATTEMPTS + attempt + 1;

			/* a peer that started anew, far from where it was */
			s->seq = (s->seq + seq_mask(s) / 4 + 3) & seq_mask(s);
			if (s->bundle)
				s->bundle->seq[0] += (s->bundle->small ? 1 << 12 : 1 << 24) / 4 + 3;
			for (unsigned int n = 0; n < WARM + PROBES; n++) {
				/* as it does that is asked for a reset */
				struct lies l = { .flush = n == WARM };

				frame_make(&frame, s, IP4, mark,
					   n < WARM ? 1000 + n : n - WARM + 1, &l, 0);
				hand_over(&frame, &plain, 1);
				tally.surely++;
			}
			if (!hear(fd, s, mark))
				break;
			drain();
		}
		printf("probe %u %s after %u\n", s->id, attempt < ATTEMPTS ? "ok" : "lost", attempt);
		close(fd);
	}
	drain();
}

/* --- what is asked for ------------------------------------------------------------ */

static void keys(char *words)
{
	unsigned int id = strtoul(words, &words, 10), n = 0, len;
	struct session *s = NULL;
	char *word;

	for (unsigned int i = 0; i < SESSIONS; i++)
		if (sessions[i].id == id)
			s = &sessions[i];
	if (!s)
		exit(2);
	while ((word = strtok(n ? NULL : words, " \n")) && n < KEYS) {
		for (len = 0; sscanf(word + 2 * len, "%2hhx", &s->key[n][len]) == 1; len++)
			;
		s->key_len = len;
		n++;
	}
	s->count = 0;
	rc4_key(&s->stream, s->key[0], s->key_len);
}

int main(int argc, char **argv)
{
	static char line[KEYS * 40];

	if (argc != 3)
		return 2;
	taps[0] = tap_open(argv[1], IFF_NAPI | IFF_NAPI_FRAGS);
	taps[1] = tap_open(argv[2], 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin)) {
		unsigned long long seed;
		unsigned int n;

		memset(&tally, 0, sizeof(tally));
		if (!strncmp(line, "keys ", 5))
			keys(line + 5);
		else if (!strncmp(line, "templates", 9))
			templates();
		else if (!strncmp(line, "cuts", 4))
			cuts();
		else if (!strncmp(line, "lies", 4))
			lies();
		else if (!strncmp(line, "floods", 6))
			floods();
		else if (sscanf(line, "batch %llu %u", &seed, &n) == 2)
			batch(seed, n);
		else if (sscanf(line, "probe %u", &n) == 1)
			probe(n);
		else
			return 2;
		drain();
		printf("sent %u surely %u perhaps %u refused %u\n", tally.sent, tally.surely,
		       tally.perhaps, tally.refused);
	}
	return 0;
}
