// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may be in a request: each attribute of each command, offered as the
 * kernel's generic netlink would validate it, with the least and the most that
 * is allowed, what is beyond, every wrong length, and with and without the mark of
 * a nest; and each number that is no attribute of the command.
 *
 * What is expected is written out here, with numbers, from the interface's
 * header: ../policy.c is not asked.
 */
#include "netlink.h"

#include <uapi/linux/rtun.h>

#include <kunit/test.h>
#include <linux/unaligned.h>
#include <net/genetlink.h>

enum kind {
	MISSING,	/* no attribute of the command */
	U8,
	U32,		/* be32, too: four octets */
	BITS8,		/* u8, @max: the bits that may be set */
	BITS,		/* bitfield32, likewise */
	STRING,		/* of so many octets, with or without a NUL behind */
	BINARY,
	NEST,
	READ_ONLY,
	AT_CREATION,
	NOTHING,	/* what a command says that takes no attribute */
};

struct want {
	u16 type;
	u8 kind;
	u32 min;
	u32 max;
};

#define ANY .max = 0xffffffff
#define LEN_MAX 16384

static const struct want owner[] = {
	{ RTUN_A_OWNER_NAME, STRING, 1, 31 },
	{ RTUN_A_OWNER_PORTID, READ_ONLY },
	{ RTUN_A_OWNER_TUNNELS, READ_ONLY },
	{}
};

static const struct want tunnel_new[] = {
	{ RTUN_A_TUNNEL_ID, U32, ANY },
	{ RTUN_A_TUNNEL_OWNER, READ_ONLY },
	{ RTUN_A_TUNNEL_XPORT, U8, 1, 5 },
	{ RTUN_A_TUNNEL_LOCAL4, U32, ANY },
	{ RTUN_A_TUNNEL_REMOTE4, U32, ANY },
	{ RTUN_A_TUNNEL_FLAGS, BITS, 0, 0x3f },
	{ RTUN_A_TUNNEL_FWMARK, U32, ANY },
	{ RTUN_A_TUNNEL_OIF, U32, ANY },
	{ RTUN_A_TUNNEL_TTL, U8, 0, 255 },
	{ RTUN_A_TUNNEL_TOS, BITS8, 0, 0xfc },
	{ RTUN_A_TUNNEL_DF, U8, 0, 2 },
	{ RTUN_A_TUNNEL_PMTU, READ_ONLY },
	{ RTUN_A_TUNNEL_SESSIONS, READ_ONLY },
	{ RTUN_A_TUNNEL_BLOB, BINARY, 0, 4096 },
	{ RTUN_A_TUNNEL_LOCAL6, BINARY, 16, 16 },
	{ RTUN_A_TUNNEL_REMOTE6, BINARY, 16, 16 },
	{ RTUN_A_TUNNEL_LOCAL_PORT, U32, 1, 65535 },
	{ RTUN_A_TUNNEL_PEER_PORT, U32, 1, 65535 },
	{ RTUN_A_TUNNEL_LOCAL_ID, U32, ANY },
	{ RTUN_A_TUNNEL_PEER_ID, U32, ANY },
	{}
};

static const struct want tunnel_set[] = {
	{ RTUN_A_TUNNEL_ID, U32, ANY },
	{ RTUN_A_TUNNEL_OWNER, READ_ONLY },
	{ RTUN_A_TUNNEL_XPORT, AT_CREATION },
	{ RTUN_A_TUNNEL_LOCAL4, AT_CREATION },
	{ RTUN_A_TUNNEL_REMOTE4, AT_CREATION },
	{ RTUN_A_TUNNEL_FLAGS, BITS, 0, 0x3f },
	{ RTUN_A_TUNNEL_FWMARK, U32, ANY },
	{ RTUN_A_TUNNEL_OIF, U32, ANY },
	{ RTUN_A_TUNNEL_TTL, U8, 0, 255 },
	{ RTUN_A_TUNNEL_TOS, BITS8, 0, 0xfc },
	{ RTUN_A_TUNNEL_DF, U8, 0, 2 },
	{ RTUN_A_TUNNEL_PMTU, READ_ONLY },
	{ RTUN_A_TUNNEL_SESSIONS, READ_ONLY },
	{ RTUN_A_TUNNEL_BLOB, BINARY, 0, 4096 },
	{ RTUN_A_TUNNEL_LOCAL6, AT_CREATION },
	{ RTUN_A_TUNNEL_REMOTE6, AT_CREATION },
	{ RTUN_A_TUNNEL_LOCAL_PORT, AT_CREATION },
	{ RTUN_A_TUNNEL_PEER_PORT, AT_CREATION },
	{ RTUN_A_TUNNEL_LOCAL_ID, AT_CREATION },
	{ RTUN_A_TUNNEL_PEER_ID, AT_CREATION },
	{}
};

static const struct want tunnel_id[] = {
	{ RTUN_A_TUNNEL_ID, U32, ANY },
	{}
};

static const struct want mppe[] = {
	{ RTUN_A_MPPE_BITS, U32, 0, 128 },
	{ RTUN_A_MPPE_FLAGS, BITS, 0, 0x3 },
	{ RTUN_A_MPPE_KEY, BINARY, 8, 16 },
	{ RTUN_A_MPPE_COUNT, READ_ONLY },
	{ RTUN_A_MPPE_KEY_CHANGES, READ_ONLY },
	{}
};

/* What session_new and session_set have in common */
#define SESSION								\
	{ RTUN_A_SESSION_ID, U32, ANY },				\
	{ RTUN_A_SESSION_PEER_ID, U32, ANY },				\
	{ RTUN_A_SESSION_FLAGS, BITS, 0, 0x3fff },			\
	{ RTUN_A_SESSION_NP, BITS, 0, 0x7 },				\
	{ RTUN_A_SESSION_REORDER_SLOTS, U32, 0, 1024 },			\
	{ RTUN_A_SESSION_REORDER_TIMEOUT, U32, 1, 10000 },		\
	{ RTUN_A_SESSION_PEER_WINDOW, U32, 1, 65535 },			\
	{ RTUN_A_SESSION_ACK_DELAY, U32, 1, 5000 },			\
	{ RTUN_A_SESSION_MAGIC, U32, ANY },				\
	{ RTUN_A_SESSION_IFINDEX, READ_ONLY },				\
	{ RTUN_A_SESSION_NETNSID, READ_ONLY },				\
	{ RTUN_A_SESSION_BLOB, BINARY, 0, 4096 },			\
	{ RTUN_A_SESSION_STATS, READ_ONLY },				\
	{ RTUN_A_SESSION_COOKIE_TX, BINARY, 0, 8 },			\
	{ RTUN_A_SESSION_COOKIE_RX, BINARY, 0, 8 },			\
	{ RTUN_A_SESSION_COOKIE_GRACE, U32, 0, 3600000 },		\
	{ RTUN_A_SESSION_CIRCUIT, U32, 0, 1 },				\
	{ RTUN_A_SESSION_KEEPALIVE, U32, 0, 3600000 },			\
	{ RTUN_A_SESSION_DEAD_TIME, U32, 0, 3600000 },			\
	{ RTUN_A_SESSION_OVERHEAD, READ_ONLY },				\
	{ RTUN_A_SESSION_TX_WINDOW, U32, 0, 65535 },			\
	{ RTUN_A_SESSION_STATIC_RTT, U32, 0, 60000 },			\
	{ RTUN_A_SESSION_RTT, READ_ONLY },				\
	{ RTUN_A_SESSION_CONGESTED, READ_ONLY },			\
	{ RTUN_A_SESSION_MPPE_TX, NEST },				\
	{ RTUN_A_SESSION_MPPE_RX, NEST },				\
	{ RTUN_A_SESSION_DISORDER, U32, 0, 3 },				\
	{ RTUN_A_SESSION_DISORDER_RATE, U32, 1, 1000000 },		\
	{ RTUN_A_SESSION_BUNDLE, U32, ANY },				\
	{ RTUN_A_SESSION_LINK_RATE, U32, ANY },				\
	{ RTUN_A_SESSION_LINK_LATENCY, U32, 0, 10000000 },		\
	{ RTUN_A_SESSION_LINK_MTU, U32, ANY },				\
	{ RTUN_A_SESSION_MP_MODE, U32, 0, 2 },				\
	{ RTUN_A_SESSION_MP_MIN_FRAGMENT, U32, 64, 65535 },		\
	{ RTUN_A_SESSION_MP_LOSS_TIME, U32, 1, 10000 },			\
	{ RTUN_A_SESSION_MP_MEMORY, U32, 0, 4194304 },			\
	{ RTUN_A_SESSION_MP_IDLE, U32, 0, 10000 },			\
	{ RTUN_A_SESSION_MP_PROBE, U32, 0, 10000 },			\
	{ RTUN_A_SESSION_LINKS, READ_ONLY },				\
	{ RTUN_A_SESSION_MP_CLASS, READ_ONLY },				\
	{ RTUN_A_SESSION_PREFIXES, BINARY, 0, 64 * 20 }

static const struct want session_new[] = {
	SESSION,
	{ RTUN_A_SESSION_TUNNEL_ID, U32, ANY },
	{ RTUN_A_SESSION_LOCAL_ID, U32, ANY },
	{ RTUN_A_SESSION_PW_TYPE, U32, 4, 7 },
	{ RTUN_A_SESSION_L2SPEC, U32, 0, 1 },
	{ RTUN_A_SESSION_VLAN, U32, 1, 4094 },
	{ RTUN_A_SESSION_MRRU, U32, 512, 65535 },
	{ RTUN_A_SESSION_PEER_MRRU, U32, 512, 65535 },
	{ RTUN_A_SESSION_MP_CLASSES_RX, U32, 0, 16 },
	{ RTUN_A_SESSION_MP_CLASSES_TX, U32, 0, 16 },
	{}
};

static const struct want session_set[] = {
	SESSION,
	{ RTUN_A_SESSION_TUNNEL_ID, AT_CREATION },
	{ RTUN_A_SESSION_LOCAL_ID, AT_CREATION },
	{ RTUN_A_SESSION_PW_TYPE, AT_CREATION },
	{ RTUN_A_SESSION_L2SPEC, AT_CREATION },
	{ RTUN_A_SESSION_VLAN, AT_CREATION },
	{ RTUN_A_SESSION_MRRU, AT_CREATION },
	{ RTUN_A_SESSION_PEER_MRRU, AT_CREATION },
	{ RTUN_A_SESSION_MP_CLASSES_RX, AT_CREATION },
	{ RTUN_A_SESSION_MP_CLASSES_TX, AT_CREATION },
	{}
};

static const struct want session_id[] = {
	{ RTUN_A_SESSION_ID, U32, ANY },
	{}
};

static const struct want session_get[] = {
	{ RTUN_A_SESSION_ID, U32, ANY },
	{ RTUN_A_SESSION_TUNNEL_ID, U32, ANY },
	{}
};

static const struct want session_attach[] = {
	{ RTUN_A_SESSION_ID, U32, ANY },
	{ RTUN_A_SESSION_IFINDEX, U32, 1, 0xffffffff },
	{}
};

static const struct want frame[] = {
	{ RTUN_A_FRAME_SESSION_ID, U32, ANY },
	{ RTUN_A_FRAME_DATA, BINARY, 2, 4096 },
	{ RTUN_A_FRAME_OVERRUN, READ_ONLY },
	{}
};

static const struct want capture[] = {
	{ RTUN_A_CAPTURE_SESSION_ID, U32, ANY },
	{ RTUN_A_CAPTURE_TIME, READ_ONLY },
	{ RTUN_A_CAPTURE_DIRECTION, READ_ONLY },
	{ RTUN_A_CAPTURE_LENGTH, READ_ONLY },
	{ RTUN_A_CAPTURE_LOST, READ_ONLY },
	{ RTUN_A_CAPTURE_DATA, READ_ONLY },
	{}
};

/**
 * struct command - what one takes
 * @name: of it
 * @cmd: its number
 * @object: the attribute that has its object in a nest; 0: it takes nothing
 * @wants: what may be in that nest
 * @levels: of nests that there are, one in the other
 */
struct command {
	const char *name;
	u8 cmd;
	u16 object;
	const struct want *wants;
	unsigned int levels;
};

#define COMMAND(cmd, object, wants, levels) \
	{ #cmd, RTUN_CMD_##cmd, object, wants, levels }

static const struct command commands[] = {
	COMMAND(INFO_GET, 0, NULL, 0),
	COMMAND(OWNER_BIND, RTUN_A_OWNER, owner, 1),
	COMMAND(OWNER_UNBIND, RTUN_A_OWNER, owner, 1),
	COMMAND(OWNER_GET, 0, NULL, 0),
	COMMAND(TUNNEL_NEW, RTUN_A_TUNNEL, tunnel_new, 1),
	COMMAND(TUNNEL_SET, RTUN_A_TUNNEL, tunnel_set, 1),
	COMMAND(TUNNEL_DEL, RTUN_A_TUNNEL, tunnel_id, 1),
	COMMAND(TUNNEL_GET, RTUN_A_TUNNEL, tunnel_id, 1),
	COMMAND(SESSION_NEW, RTUN_A_SESSION, session_new, 2),
	COMMAND(SESSION_SET, RTUN_A_SESSION, session_set, 2),
	COMMAND(SESSION_DEL, RTUN_A_SESSION, session_id, 1),
	COMMAND(SESSION_GET, RTUN_A_SESSION, session_get, 1),
	COMMAND(SESSION_ATTACH, RTUN_A_SESSION, session_attach, 1),
	COMMAND(SESSION_DETACH, RTUN_A_SESSION, session_id, 1),
	COMMAND(FRAME, RTUN_A_FRAME, frame, 1),
	COMMAND(FLUSH, RTUN_A_OWNER, owner, 1),
	COMMAND(CAPTURE_START, RTUN_A_CAPTURE, capture, 1),
	COMMAND(CAPTURE_STOP, RTUN_A_CAPTURE, capture, 1),
};

static const struct genl_ops *op_of(u8 cmd)
{
	unsigned int i;

	for (i = 0; i < rtun_genl.n_ops; i++)
		if (rtun_genl.ops[i].cmd == cmd)
			return &rtun_genl.ops[i];
	return NULL;
}

/**
 * struct offer - one attribute in a request
 * @test: whose it is
 * @command: to which it goes
 * @op: the same for the kernel
 * @nests: it is in so many
 * @nest: which
 * @buf: the request
 * @attr: the attribute, in there
 * @extack: what was said of it
 * @accepted: how many were
 * @refused: how many were not
 */
struct offer {
	struct kunit *test;
	const struct command *command;
	const struct genl_ops *op;
	unsigned int nests;
	u16 nest[2];
	u8 *buf;
	struct nlattr *attr;
	struct netlink_ext_ack extack;
	unsigned int accepted;
	unsigned int refused;
};

static void offer_begin(struct offer *o, struct kunit *test,
			const struct command *c)
{
	*o = (struct offer){ .test = test, .command = c, .op = op_of(c->cmd) };
	o->buf = kunit_kzalloc(test, 2 * LEN_MAX, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, o->buf);
	KUNIT_ASSERT_NOT_NULL_MSG(test, o->op, "no command %s", c->name);
}

/* The kernel's verdict on the request; @tail octets are behind all of it. */
static int offered(struct offer *o, u16 type, const void *data, u16 len,
		   unsigned int tail)
{
	unsigned int end = o->nests * NLA_HDRLEN + nla_total_size(len) + tail;
	unsigned int i;

	memset(o->buf, 0, end);
	for (i = 0; i <= o->nests; i++) {
		o->attr = (struct nlattr *)(o->buf + i * NLA_HDRLEN);
		o->attr->nla_len = end - i * NLA_HDRLEN;
		if (i < o->nests)
			o->attr->nla_type = o->nest[i] | NLA_F_NESTED;
	}
	o->attr->nla_len = nla_attr_size(len);
	o->attr->nla_type = type;
	if (data)
		memcpy(nla_data(o->attr), data, len);
	memset(&o->extack, 0, sizeof(o->extack));
	return __nla_validate((struct nlattr *)o->buf, end, o->op->maxattr,
			      o->op->policy, NL_VALIDATE_STRICT, &o->extack);
}

static void accepts(struct offer *o, u16 type, const void *data, u16 len)
{
	int err = offered(o, type, data, len, 0);

	KUNIT_EXPECT_EQ_MSG(o->test, err, 0, "%s, level %u: attribute %#x, %u octets: %s",
			    o->command->name, o->nests, type, len,
			    o->extack._msg);
	o->accepted++;
}

/* Refused for @err, in words, and it is told which one. */
static void refuses_for(struct offer *o, int err, u16 type, const void *data,
			u16 len)
{
	int got = offered(o, type, data, len, 0);

	KUNIT_EXPECT_EQ_MSG(o->test, got, err, "%s, level %u: attribute %#x, %u octets",
			    o->command->name, o->nests, type, len);
	KUNIT_EXPECT_NOT_NULL_MSG(o->test, o->extack._msg, "%s, level %u: attribute %#x, %u octets",
				  o->command->name, o->nests, type, len);
	KUNIT_EXPECT_PTR_EQ_MSG(o->test, o->extack.bad_attr,
				(const struct nlattr *)o->attr,
				"%s, level %u: attribute %#x, %u octets: %s",
				o->command->name, o->nests, type, len,
				o->extack._msg);
	o->refused++;
}

static void number(struct offer *o, const struct want *w, bool good, u32 value)
{
	const u8 octet = value;

	if (w->kind == U8 && good)
		accepts(o, w->type, &octet, 1);
	else if (w->kind == U8)
		refuses_for(o, -ERANGE, w->type, &octet, 1);
	else if (good)
		accepts(o, w->type, &value, 4);
	else
		refuses_for(o, -ERANGE, w->type, &value, 4);
}

static void numbers(struct offer *o, const struct want *w)
{
	const u32 most = w->kind == U8 ? U8_MAX : U32_MAX;

	number(o, w, true, w->min);
	number(o, w, true, w->max);
	number(o, w, true, w->min + (w->max - w->min) / 2);
	if (w->min) {
		number(o, w, false, w->min - 1);
		number(o, w, false, 0);
	}
	if (w->max < most) {
		number(o, w, false, w->max + 1);
		number(o, w, false, most);
		number(o, w, false, most / 2 + 1);
	}
}

/* Each bit, on and off, and those that are no flags */
static void bits(struct offer *o, const struct want *w)
{
	struct nla_bitfield32 b;
	u32 i;

	for (i = 0; i < 32; i++) {
		u32 bit = BIT(i);
		u8 octet = bit;

		if (w->kind == BITS8) {
			if (i >= 8)
				break;
			if (bit & w->max)
				accepts(o, w->type, &octet, 1);
			else
				refuses_for(o, -EINVAL, w->type, &octet, 1);
			continue;
		}
		b = (struct nla_bitfield32){ .value = bit, .selector = bit };
		if (!(bit & w->max)) {
			refuses_for(o, -EINVAL, w->type, &b, sizeof(b));
			b.value = 0;
			refuses_for(o, -EINVAL, w->type, &b, sizeof(b));
			continue;
		}
		accepts(o, w->type, &b, sizeof(b));
		/* set, but not meant */
		b.selector = 0;
		refuses_for(o, -EINVAL, w->type, &b, sizeof(b));
	}
	if (w->kind == BITS) {
		b = (struct nla_bitfield32){ .value = w->max,
					     .selector = w->max };
		accepts(o, w->type, &b, sizeof(b));
	}
}

/* All lengths about its own are wrong. */
static void lengths(struct offer *o, const struct want *w, u32 len)
{
	const int err = w->kind == BITS ? -ERANGE : -EINVAL;
	u32 i;

	for (i = 0; i <= 2 * len + 1; i++)
		if (i != len)
			refuses_for(o, err, w->type, NULL, i);
}

static void octets(struct offer *o, const struct want *w)
{
	u8 *text = kunit_kzalloc(o->test, LEN_MAX, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(o->test, text);
	memset(text, 'x', LEN_MAX);
	accepts(o, w->type, text, w->min);
	accepts(o, w->type, text, w->max);
	if (w->min)
		refuses_for(o, -ERANGE, w->type, text, w->min - 1);
	refuses_for(o, -ERANGE, w->type, text, w->max + 1);
	refuses_for(o, -ERANGE, w->type, text, LEN_MAX);
	if (w->kind == STRING) {
		text[w->max] = '\0';
		accepts(o, w->type, text, w->max + 1);
		text[w->max] = 'x';
		text[w->max + 1] = '\0';
		refuses_for(o, -ERANGE, w->type, text, w->max + 2);
	}
}

static void nest(struct offer *o, const struct want *w)
{
	u32 i;

	accepts(o, w->type | NLA_F_NESTED, NULL, 0);
	for (i = 1; i < NLA_HDRLEN; i++)
		refuses_for(o, -ERANGE, w->type | NLA_F_NESTED, NULL, i);
	/* without the mark of one */
	for (i = 0; i <= 2 * NLA_HDRLEN; i++)
		refuses_for(o, -EINVAL, w->type, NULL, i);
}

static void never(struct offer *o, const struct want *w)
{
	static const char *const words[] = {
		[READ_ONLY] = "is read-only",
		[AT_CREATION] = "can be given at creation only",
		[NOTHING] = "this command takes no attribute",
	};
	u32 i;

	for (i = 0; i <= 20; i++) {
		refuses_for(o, -EINVAL, w->type, NULL, i);
		KUNIT_EXPECT_STREQ_MSG(o->test, o->extack._msg, words[w->kind],
				       "%s, attribute %u", o->command->name,
				       w->type);
	}
}

static void one(struct offer *o, const struct want *w)
{
	switch ((enum kind)w->kind) {
	case MISSING:
		refuses_for(o, -EINVAL, w->type, NULL, 0);
		refuses_for(o, -EINVAL, w->type, NULL, 4);
		refuses_for(o, -EINVAL, w->type | NLA_F_NESTED, NULL, 4);
		return;
	case U8:
	case U32:
		numbers(o, w);
		lengths(o, w, w->kind == U8 ? 1 : 4);
		break;
	case BITS8:
	case BITS:
		bits(o, w);
		lengths(o, w, w->kind == BITS ? 8 : 1);
		break;
	case STRING:
	case BINARY:
		octets(o, w);
		break;
	case NEST:
		nest(o, w);
		return;
	case READ_ONLY:
	case AT_CREATION:
	case NOTHING:
		never(o, w);
		break;
	}
	/* What is no nest must not say that it is one. */
	refuses_for(o, -EINVAL, w->type | NLA_F_NESTED, NULL, 4);
}

/* All numbers up to some that are no attribute of anything */
static void level(struct offer *o, const struct want *wants)
{
	const struct want *w;
	u16 type;

	for (type = 0; type <= RTUN_A_SESSION_MAX + 3; type++) {
		for (w = wants; w->kind != MISSING && w->type != type; w++)
			;
		one(o, w->kind != MISSING ? w : &(struct want){ type });
	}
}

static void attributes(struct kunit *test)
{
	static const u16 mppe_nests[] = { RTUN_A_SESSION_MPPE_TX,
					  RTUN_A_SESSION_MPPE_RX };
	const struct command *c = test->param_value;
	struct want top[] = { { c->object, NEST }, {} };
	struct offer o;
	size_t i;

	if (!c->object)
		top[0] = (struct want){ RTUN_A_PAD, NOTHING };
	offer_begin(&o, test, c);
	level(&o, top);
	if (c->object) {
		o.nest[o.nests++] = c->object;
		level(&o, c->wants);
	}
	for (i = 0; i < ARRAY_SIZE(mppe_nests) && c->levels > 1; i++) {
		o.nests = 1;
		o.nest[o.nests++] = mppe_nests[i];
		level(&o, mppe);
	}
	kunit_info(test, "%u accepted, %u refused\n", o.accepted, o.refused);
}

/* Octets behind the last attribute, and lengths that are not there */
static void malformed(struct kunit *test)
{
	const struct command *c = test->param_value;
	const u16 type = c->wants ? c->wants->type : RTUN_A_PAD;
	struct offer o;
	unsigned int i;

	offer_begin(&o, test, c);
	if (c->object)
		o.nest[o.nests++] = c->object;
	for (i = 1; i < NLA_HDRLEN; i++)
		KUNIT_EXPECT_EQ_MSG(test, offered(&o, type, "xxxx", 4, i),
				    -EINVAL, "%s, %u octets behind", c->name, i);
	for (i = 0; i <= U16_MAX; i += i < 64 ? 1 : 509) {
		if (i >= NLA_HDRLEN && i <= NLA_HDRLEN + 4)
			continue;
		offered(&o, type, "xxxx", 4, 0);
		o.attr->nla_len = i;
		KUNIT_ASSERT_NE_MSG(test, 0, __nla_validate((struct nlattr *)o.buf,
				o.nests * NLA_HDRLEN + NLA_HDRLEN + 4,
				o.op->maxattr, o.op->policy, NL_VALIDATE_STRICT,
				&o.extack),
				"%s, an attribute that says it has %u octets", c->name, i);
	}
}

/* Nobody may do without a policy, or with one that is not looked at. */
static void every_command(struct kunit *test)
{
	u8 known[RTUN_CMD_MAX + 1] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		known[commands[i].cmd] = 1;
	for (i = 0; i <= RTUN_CMD_MAX; i++)
		KUNIT_EXPECT_EQ_MSG(test, !!op_of(i), known[i], "command %u", i);
	KUNIT_EXPECT_EQ(test, rtun_genl.n_ops, ARRAY_SIZE(commands));
	KUNIT_EXPECT_EQ(test, rtun_genl.n_small_ops + rtun_genl.n_split_ops, 0);
	KUNIT_EXPECT_EQ(test, rtun_genl.hdrsize, 0);
	/* from this one on the kernel lets no version and no flag pass unseen */
	KUNIT_EXPECT_EQ(test, rtun_genl.resv_start_op, RTUN_CMD_INFO_GET);
	for (i = 0; i < rtun_genl.n_ops; i++) {
		const struct genl_ops *op = &rtun_genl.ops[i];

		KUNIT_EXPECT_NOT_NULL_MSG(test, op->policy, "command %u", op->cmd);
		KUNIT_EXPECT_EQ_MSG(test, op->validate, 0, "command %u", op->cmd);
		KUNIT_EXPECT_EQ_MSG(test, op->flags, GENL_UNS_ADMIN_PERM,
				    "command %u", op->cmd);
	}
}

static unsigned int depth(const struct nla_policy *p, unsigned int max,
			  unsigned int below)
{
	unsigned int deepest = 0, i;

	for (i = 0; below && i <= max; i++)
		if (p[i].type == NLA_NESTED || p[i].type == NLA_NESTED_ARRAY)
			deepest = max(deepest, 1 + depth(p[i].nested_policy,
							 p[i].len, below - 1));
	return deepest;
}

/* The handlers recurse no deeper, whatever is nested. */
static void depths(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct genl_ops *op = op_of(commands[i].cmd);

		KUNIT_ASSERT_NOT_NULL(test, op);
		KUNIT_EXPECT_EQ_MSG(test, depth(op->policy, op->maxattr, 8),
				    commands[i].levels, "%s", commands[i].name);
	}
}

static const struct nla_policy *object_of(struct kunit *test, u8 cmd, u16 object)
{
	const struct genl_ops *op = op_of(cmd);

	KUNIT_ASSERT_NOT_NULL(test, op);
	KUNIT_ASSERT_EQ(test, op->maxattr, object);
	KUNIT_ASSERT_EQ(test, op->policy[object].type, NLA_NESTED);
	return op->policy[object].nested_policy;
}

/* What can be set is what could be given, with the same limits. */
static void set_as_new(struct kunit *test)
{
	const struct nla_policy *new, *set;
	unsigned int i;

	new = object_of(test, RTUN_CMD_TUNNEL_NEW, RTUN_A_TUNNEL);
	set = object_of(test, RTUN_CMD_TUNNEL_SET, RTUN_A_TUNNEL);
	for (i = 0; i <= RTUN_A_TUNNEL_MAX; i++)
		KUNIT_EXPECT_TRUE_MSG(test, set[i].type == NLA_REJECT ||
				      !memcmp(&new[i], &set[i], sizeof(*new)),
				      "attribute %u of a tunnel", i);
	new = object_of(test, RTUN_CMD_SESSION_NEW, RTUN_A_SESSION);
	set = object_of(test, RTUN_CMD_SESSION_SET, RTUN_A_SESSION);
	for (i = 0; i <= RTUN_A_SESSION_MAX; i++)
		KUNIT_EXPECT_TRUE_MSG(test, set[i].type == NLA_REJECT ||
				      !memcmp(&new[i], &set[i], sizeof(*new)),
				      "attribute %u of a session", i);
}

static void describe(const struct command *c, char *text)
{
	strscpy(text, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(command, commands, describe);

static struct kunit_case cases[] = {
	KUNIT_CASE(every_command),
	KUNIT_CASE(depths),
	KUNIT_CASE(set_as_new),
	KUNIT_CASE_PARAM(attributes, command_gen_params),
	KUNIT_CASE_PARAM(malformed, command_gen_params),
	{}
};

static struct kunit_suite suite = {
	.name = "rtun_policy",
	.test_cases = cases,
};

kunit_test_suite(suite);
