// SPDX-License-Identifier: GPL-2.0-only
/*
 * MPPE, see mppe.h.
 */
#include "mppe.h"
#include "crypt.h"
#include "netlink.h"
#include "rtun.h"
#include "rx.h"
#include "tx.h"

#include <linux/fips.h>
#include <linux/jiffies.h>
#include <linux/ppp_defs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/netlink.h>

enum {
	/* keys for jumps beyond those that are free: a whole turn of the count
	 * at once, some ten milliseconds of a processor, then as much a second
	 */
	KEYS_BURST	= RTUN_CRYPT_COUNTS,
	KEYS_RATE	= RTUN_CRYPT_COUNTS,

	/* RFC 1962 section 5.3 */
	CCP_RESET_REQUEST	= 14,
	CCP_RESET_ACK		= 15,
	CCP_HLEN		= 4,	/* code, id, length */
};

/* At the most one Reset-Request in 100 ms. */
#define ASK_AGAIN (HZ / 10)

/**
 * struct rtun_mppe_rx - the receiving direction of a session
 * @r: keys and counts
 * @keys: what jumps may cost
 * @asked: when the last Reset-Request was sent
 * @has_asked: there was one
 * @id: of the next one
 */
struct rtun_mppe_rx {
	struct rtun_crypt_rx r;
	struct rtun_bucket keys;
	unsigned long asked;
	bool has_asked;
	u8 id;
};

/* --- configuration --------------------------------------------------------- */

/* What a nest says; the key's octets stay where they are. */
struct wish {
	u32 bits;
	u32 flags;
	const u8 *key;
};

static int parse(const struct nlattr *nest, struct wish *w,
		 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[RTUN_A_MPPE_MAX + 1], *bits, *flags, *key;
	struct nla_bitfield32 bf = {};
	int err;

	/* it has passed the policy */
	err = nla_parse_nested(tb, RTUN_A_MPPE_MAX, nest, NULL, extack);
	if (err)
		return err;
	bits = tb[RTUN_A_MPPE_BITS];
	flags = tb[RTUN_A_MPPE_FLAGS];
	key = tb[RTUN_A_MPPE_KEY];
	if (!bits) {
		NL_SET_ERR_ATTR_MISS(extack, nest, RTUN_A_MPPE_BITS);
		NL_SET_ERR_MSG(extack, "the strength of the encryption is missing");
		return -EINVAL;
	}
	w->bits = nla_get_u32(bits);
	if (!w->bits) {
		if (!key && !flags)
			return 0;
		NL_SET_ERR_MSG_ATTR(extack, key ?: flags,
				    "without encryption there is nothing else to say");
		return -EINVAL;
	}
	if (!rtun_crypt_key_len(w->bits)) {
		NL_SET_ERR_MSG_ATTR(extack, bits,
				    "MPPE has keys of 40, 56 and 128 bits");
		return -EINVAL;
	}
	if (fips_enabled) {
		NL_SET_ERR_MSG_ATTR(extack, bits,
				    "MPPE is RC4, and this kernel is in FIPS mode");
		return -EOPNOTSUPP;
	}
	if (flags)
		bf = nla_get_bitfield32(flags);
	w->flags = bf.value & bf.selector;
	if (w->flags & RTUN_MPPE_F_REKEY_ON_FLUSH &&
	    !(w->flags & RTUN_MPPE_F_STATEFUL)) {
		NL_SET_ERR_MSG_ATTR(extack, flags,
				    "stateless packets always have a new key");
		return -EINVAL;
	}
	if (!key) {
		NL_SET_ERR_ATTR_MISS(extack, nest, RTUN_A_MPPE_KEY);
		NL_SET_ERR_MSG(extack, "the start key is missing");
		return -EINVAL;
	}
	if (nla_len(key) != rtun_crypt_key_len(w->bits)) {
		NL_SET_ERR_MSG_ATTR(extack, key,
				    "the key has 8 octets for 40 and 56 bits, 16 for 128");
		return -EINVAL;
	}
	w->key = nla_data(key);
	return 0;
}

static void begin(struct rtun_crypt *c, const struct wish *w)
{
	c->stateful = w->flags & RTUN_MPPE_F_STATEFUL;
	c->rekey = w->flags & RTUN_MPPE_F_REKEY_ON_FLUSH;
	rtun_crypt_start(c, w->bits, w->key);
}

static int check_tx(const struct nlattr *nest, struct rtun_mppe_change *ch,
		    struct netlink_ext_ack *extack)
{
	struct wish w;
	int err;

	if (!nest)
		return 0;
	err = parse(nest, &w, extack);
	if (err)
		return err;
	ch->set_tx = true;
	if (!w.bits)
		return 0;
	ch->tx = kzalloc(sizeof(*ch->tx), GFP_KERNEL_ACCOUNT);
	if (!ch->tx)
		return -ENOMEM;
	begin(ch->tx, &w);
	return 0;
}

static int check_rx(const struct nlattr *nest, struct rtun_mppe_change *ch,
		    struct netlink_ext_ack *extack)
{
	struct wish w;
	int err;

	if (!nest)
		return 0;
	err = parse(nest, &w, extack);
	if (err)
		return err;
	ch->set_rx = true;
	if (!w.bits)
		return 0;
	ch->rx = kzalloc(sizeof(*ch->rx), GFP_KERNEL_ACCOUNT);
	if (!ch->rx)
		return -ENOMEM;
	begin(&ch->rx->r.c, &w);
	ch->rx->keys.tokens = KEYS_BURST;
	ch->rx->keys.stamp = jiffies;
	return 0;
}

int rtun_mppe_check(struct nlattr **tb, struct rtun_mppe_change *change,
		    struct netlink_ext_ack *extack)
{
	int err;

	memset(change, 0, sizeof(*change));
	err = check_tx(tb[RTUN_A_SESSION_MPPE_TX], change, extack) ?:
	      check_rx(tb[RTUN_A_SESSION_MPPE_RX], change, extack);
	if (err)
		rtun_mppe_cancel(change);
	return err;
}

void rtun_mppe_apply(struct rtun_session *s, struct rtun_mppe_change *change)
{
	if (change->set_tx) {
		spin_lock_bh(&s->tx_lock);
		swap(s->mppe_tx, change->tx);
		WRITE_ONCE(s->mppe_flush, false);
		spin_unlock_bh(&s->tx_lock);
	}
	if (change->set_rx) {
		spin_lock_bh(&s->rx_lock);
		swap(s->mppe_rx, change->rx);
		spin_unlock_bh(&s->rx_lock);
	}
	/* what was there before: it is used under the locks only */
	rtun_mppe_cancel(change);
}

void rtun_mppe_cancel(struct rtun_mppe_change *change)
{
	kfree_sensitive(change->tx);
	kfree_sensitive(change->rx);
}

void rtun_mppe_forget(struct nlattr **tb)
{
	static const int nests[] = { RTUN_A_SESSION_MPPE_TX,
				     RTUN_A_SESSION_MPPE_RX };
	struct nlattr *key;
	int i;

	for (i = 0; i < ARRAY_SIZE(nests); i++) {
		if (!tb[nests[i]])
			continue;
		key = nla_find_nested(tb[nests[i]], RTUN_A_MPPE_KEY);
		if (key)
			memzero_explicit(nla_data(key), nla_len(key));
	}
}

void rtun_mppe_free(struct rtun_session *s)
{
	kfree_sensitive(s->mppe_tx);
	kfree_sensitive(s->mppe_rx);
}

/* What is shown of a direction, taken under its lock. */
struct view {
	u64 changes;
	u32 bits;
	u32 flags;
	u32 count;
};

static void look(struct view *v, const struct rtun_crypt *c)
{
	v->changes = c->changes;
	v->bits = c->keys.bits;
	v->flags = (c->stateful ? RTUN_MPPE_F_STATEFUL : 0) |
		   (c->rekey ? RTUN_MPPE_F_REKEY_ON_FLUSH : 0);
	v->count = c->count;
}

static int put(struct sk_buff *msg, int attr, const struct view *v)
{
	struct nlattr *nest;

	if (!v->bits)
		return 0;
	nest = nla_nest_start(msg, attr);
	if (!nest || nla_put_u32(msg, RTUN_A_MPPE_BITS, v->bits) ||
	    nla_put_bitfield32(msg, RTUN_A_MPPE_FLAGS, v->flags,
			       RTUN_MPPE_F_STATEFUL |
			       RTUN_MPPE_F_REKEY_ON_FLUSH) ||
	    nla_put_u32(msg, RTUN_A_MPPE_COUNT, v->count) ||
	    nla_put_u64_64bit(msg, RTUN_A_MPPE_KEY_CHANGES, v->changes,
			      RTUN_A_MPPE_PAD))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int rtun_mppe_fill(struct sk_buff *msg, struct rtun_session *s)
{
	struct view tx = {}, rx = {};

	spin_lock_bh(&s->tx_lock);
	if (s->mppe_tx)
		look(&tx, s->mppe_tx);
	spin_unlock_bh(&s->tx_lock);
	spin_lock_bh(&s->rx_lock);
	if (s->mppe_rx)
		look(&rx, &s->mppe_rx->r.c);
	spin_unlock_bh(&s->rx_lock);
	return put(msg, RTUN_A_SESSION_MPPE_TX, &tx) ?:
	       put(msg, RTUN_A_SESSION_MPPE_RX, &rx);
}

/* --- send ------------------------------------------------------------------ */

bool rtun_mppe_seal(struct rtun_session *s, struct sk_buff *skb)
{
	struct rtun_crypt *c = s->mppe_tx;
	u16 head;

	lockdep_assert_held(&s->tx_lock);

	if (unlikely(!c))
		return false;
	if (unlikely(READ_ONCE(s->mppe_flush))) {
		WRITE_ONCE(s->mppe_flush, false);
		c->flush = true;
	}
	head = rtun_crypt_send(c);
	rtun_rc4(&c->cipher, skb->data, skb->data, skb->len);
	put_unaligned_be16(head, skb_push(skb, RTUN_CRYPT_HLEN));
	rtun_stats_inc(s->stats, RTUN_A_STATS_TX_ENCRYPTED);
	return true;
}

/* --- CCP ------------------------------------------------------------------- */

/* A frame of CCP without data, to be sent when rx_lock is released. */
static bool say(struct rtun_session *s, u8 code, u8 id,
		struct sk_buff_head *answers)
{
	unsigned int room = rtun_tx_headroom();
	struct sk_buff *skb;
	u8 *ccp;

	skb = alloc_skb(room + 2 + CCP_HLEN, GFP_ATOMIC);
	if (!skb) {
		rtun_stats_drop(s, RTUN_DROP_TX_NOMEM);
		return false;
	}
	skb_reserve(skb, room);
	put_unaligned_be16(PPP_CCP, skb_put(skb, 2));
	ccp = skb_put(skb, CCP_HLEN);
	ccp[0] = code;
	ccp[1] = id;
	put_unaligned_be16(CCP_HLEN, ccp + 2);
	rtun_answer(s, answers, skb);
	return true;
}

/* Ask the peer to flush: with the first packet that is discarded, and again with
 * later ones, as the request may be lost, or what answers it.
 */
static void ask(struct rtun_session *s, struct sk_buff_head *answers)
{
	struct rtun_mppe_rx *m = s->mppe_rx;

	if (m->has_asked && time_before(jiffies, m->asked + ASK_AGAIN))
		return;
	if (!say(s, CCP_RESET_REQUEST, m->id, answers))
		return;
	m->has_asked = true;
	m->asked = jiffies;
	m->id++;
	rtun_stats_inc(s->stats, RTUN_A_STATS_TX_RESET_REQUESTS);
}

bool rtun_mppe_ccp(struct rtun_session *s, const struct sk_buff *skb,
		   struct sk_buff_head *answers)
{
	u8 h[CCP_HLEN];
	u16 len;

	lockdep_assert_held(&s->rx_lock);

	if (skb_copy_bits(skb, 0, h, sizeof(h)))
		return false;
	len = get_unaligned_be16(h + 2);
	if (len < CCP_HLEN || len > skb->len)
		return false;
	if (h[0] == CCP_RESET_ACK) {
		/* the flushed packet says it all (RFC 3078 section 8.2) */
		if (!s->mppe_rx)
			return false;
		rtun_stats_inc(s->stats, RTUN_A_STATS_RX_RESET_ACKS);
		return true;
	}
	if (h[0] != CCP_RESET_REQUEST || !rtun_mppe_sends(s))
		return false;
	/* RFC 3078 needs no Reset-Ack, but RFC 1962 does, and Linux waits */
	WRITE_ONCE(s->mppe_flush, true);
	rtun_stats_inc(s->stats, RTUN_A_STATS_RX_RESET_REQUESTS);
	say(s, CCP_RESET_ACK, h[1], answers);
	return true;
}

/* --- receive --------------------------------------------------------------- */

/* An skb for what is decrypted of one whose data is not ours alone, or in
 * pieces; NULL: no memory.  The IP header will be aligned.
 */
static struct sk_buff *twin(const struct sk_buff *skb, unsigned int len)
{
	struct sk_buff *copy = alloc_skb(NET_SKB_PAD + 2 + len, GFP_ATOMIC);

	if (!copy)
		return NULL;
	skb_reserve(copy, NET_SKB_PAD + 2);
	skb_put(copy, len);
	memcpy(copy->cb, skb->cb, sizeof(copy->cb));
	copy->mark = skb->mark;
	copy->pkt_type = skb->pkt_type;
	return copy;
}

/* Decrypt what is behind the header of @skb into @copy, in one pass. */
static void decrypt_into(struct rtun_rc4 *c, struct sk_buff *copy,
			 struct sk_buff *skb)
{
	struct skb_seq_state st;
	unsigned int done = 0, n;
	const u8 *piece;

	skb_prepare_seq_read(skb, RTUN_CRYPT_HLEN, skb->len, &st);
	while ((n = skb_seq_read(done, &piece, &st))) {
		rtun_rc4(c, copy->data + done, piece, n);
		done += n;
	}
}

/* What a verdict means, 0: it may be decrypted. */
static enum rtun_drop refusal(enum rtun_crypt_verdict v)
{
	switch (v) {
	case RTUN_CRYPT_KEY:
	case RTUN_CRYPT_LATE_KEY:
		break;
	case RTUN_CRYPT_HEADER:
		return RTUN_DROP_MPPE_HEADER;
	case RTUN_CRYPT_LATE:
		return RTUN_DROP_MPPE_LATE;
	case RTUN_CRYPT_FAR:
		return RTUN_DROP_MPPE_FAR;
	case RTUN_CRYPT_DESYNC:
		return RTUN_DROP_MPPE_DESYNC;
	}
	return RTUN_DROP_UNSPEC;
}

/* Read what the core needs to know; false: it is too short. */
static bool describe(struct rtun_session *s, struct sk_buff *skb,
		     struct rtun_crypt_packet *p)
{
	u8 head[RTUN_CRYPT_HLEN];

	memset(p, 0, sizeof(*p));
	if (skb->len <= sizeof(head) ||
	    skb_copy_bits(skb, 0, head, sizeof(head)))
		return false;
	p->head = get_unaligned_be16(head);
	p->len = skb->len - sizeof(head);
	p->pfc = READ_ONCE(s->flags) & RTUN_SESSION_F_PFC_RX;
	p->bridged = READ_ONCE(s->np) & RTUN_NP_BRIDGE;
	/* a bundle's numbers are of fragments, and of each class and link */
	if (rtun_cb(skb)->numbered && !s->mp) {
		p->seq = rtun_cb(skb)->seq;
		p->seq_bits = s->tunnel->ops->seq_bits;
	}
	return !skb_copy_bits(skb, sizeof(head), p->peek,
			      min_t(u32, p->len, sizeof(p->peek)));
}

struct sk_buff *rtun_mppe_open(struct rtun_session *s, struct sk_buff *skb,
			       struct sk_buff_head *answers)
{
	struct rtun_mppe_rx *m = s->mppe_rx;
	struct sk_buff *copy = NULL;
	struct rtun_crypt_packet p;
	enum rtun_crypt_verdict v;
	enum rtun_drop why;
	u64 missed = 0;

	lockdep_assert_held(&s->rx_lock);

	why = RTUN_DROP_MPPE_CLOSED;
	if (!m)
		goto drop;
	/* each packet has its count */
	why = RTUN_DROP_GSO;
	if (unlikely(skb_is_gso(skb)))
		goto drop;
	why = RTUN_DROP_MPPE_HEADER;
	if (!describe(s, skb, &p))
		goto drop;
	/* memory first: when a key is made the packet must be taken */
	why = RTUN_DROP_RX_NOMEM;
	if (skb_cloned(skb) || skb_is_nonlinear(skb)) {
		copy = twin(skb, p.len);
		if (!copy)
			goto drop;
	}
	rtun_bucket_fill(&m->keys, KEYS_BURST, KEYS_RATE);
	v = rtun_crypt_receive(&m->r, &p, &m->keys.tokens, &missed);
	if (unlikely(missed))
		rtun_stats_add(s->stats, RTUN_A_STATS_RX_MPPE_MISSED, missed);
	why = refusal(v);
	if (unlikely(why))
		goto drop;

	if (copy) {
		decrypt_into(&m->r.c.cipher, copy, skb);
		consume_skb(skb);
		skb = copy;
		copy = NULL;
	} else {
		skb_pull(skb, RTUN_CRYPT_HLEN);
		rtun_rc4(&m->r.c.cipher, skb->data, skb->data, skb->len);
		/* whatever was known of the octets */
		skb->ip_summed = CHECKSUM_NONE;
	}
	why = RTUN_DROP_MPPE_DESYNC;
	if (unlikely(!rtun_crypt_opened(&m->r, skb->data, p.pfc)))
		goto drop;
	rtun_stats_inc(s->stats, RTUN_A_STATS_RX_ENCRYPTED);
	if (unlikely(v == RTUN_CRYPT_LATE_KEY))
		rtun_stats_inc(s->stats, RTUN_A_STATS_RX_MPPE_LATE);
	return skb;

drop:
	kfree_skb(copy);
	if (why == RTUN_DROP_MPPE_DESYNC)
		ask(s, answers);
	rtun_drop(s, skb, why);
	return NULL;
}
