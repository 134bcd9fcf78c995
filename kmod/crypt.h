/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MPPE without a packet in it: keys and coherency counts of one direction (RFC
 * 3078 sections 3.1, 7 and 8, RFC 3079 section 3).
 *
 * The count has 12 bits and nothing in a packet is authentic, while the chain of
 * keys only goes forward: to believe a forged count once would end the session.
 * So a packet that is not the awaited one is believed only when its first octets,
 * decrypted, are the beginning of an IP packet of its very length; before that
 * nothing is changed.  What lies between stays decryptable for a while, each
 * packet once (stateless), for those that were overtaken.
 *
 * The core knows neither packets nor locks nor clocks, and the same file builds
 * on the host.  Who calls it serialises the calls.  How to use it:
 *
 *	send:	count = rtun_crypt_send(c), then rtun_rc4(&c->cipher, ...) over the
 *		packet, from its protocol field on
 *	receive: rtun_crypt_receive(), and after KEY or KEPT rtun_rc4() likewise;
 *		then rtun_crypt_opened()
 */
#ifndef _RTUN_CRYPT_H
#define _RTUN_CRYPT_H

#include "rc4.h"
#include "sha1.h"

enum {
	RTUN_CRYPT_HLEN		= 2,	/* bits and count */
	RTUN_CRYPT_KEY_MAX	= 16,
	RTUN_CRYPT_PEEK		= 8,	/* octets that tell a packet */
	/* protocol field and a first octet: less is no packet */
	RTUN_CRYPT_LEN_MIN	= 3,
	RTUN_CRYPT_COUNTS	= 4096,
	/* overtaken packets whose keys are kept; a power of two */
	RTUN_CRYPT_KEPT		= 64,
	/* keys that one packet may cost; more is paid with tokens */
	RTUN_CRYPT_FREE		= 256,
	/* stateful: changes of the key that may have gone unseen: flushed
	 * packets that were lost, or 16 for each turn of the count
	 */
	RTUN_CRYPT_UNSEEN	= 64,

	/* in the header, RFC 3078 section 3.1; B and C say nothing in MPPE */
	RTUN_CRYPT_A		= 0x8000,	/* flushed */
	RTUN_CRYPT_D		= 0x1000,	/* encrypted */
};

enum rtun_crypt_verdict {
	RTUN_CRYPT_KEY,		/* in order, or a jump that is believed */
	RTUN_CRYPT_LATE_KEY,	/* overtaken, and its key was kept */
	RTUN_CRYPT_HEADER,	/* too short, or bits that cannot be */
	RTUN_CRYPT_LATE,	/* its key is not there */
	RTUN_CRYPT_FAR,		/* not believed, or too many keys */
	RTUN_CRYPT_DESYNC,	/* stateful: ask for a flushed one */
};

/* Where the keys are: RFC 3078 section 7.3. */
struct rtun_crypt_keys {
	struct rtun_sha1_start start;
	u8 now[RTUN_CRYPT_KEY_MAX];
	u8 len;
	u8 bits;
};

/**
 * struct rtun_crypt - one direction
 * @cipher: for the packet that was just asked about; stateful: goes on with the
 *	next
 * @keys: the session key of the last packet, and what the next is made of
 * @changes: how often it changed
 * @count: of the packet that is sent next, or awaited
 * @stateful: the key changes when the low octet of the count is 255
 * @rekey: stateful: a flushed packet has a new key; if not, the same
 * @flush: send: the next packet is to be flushed
 */
struct rtun_crypt {
	struct rtun_rc4 cipher;
	struct rtun_crypt_keys keys;
	u64 changes;
	u16 count;
	bool stateful;
	bool rekey;
	bool flush;
};

/**
 * struct rtun_crypt_rx - what receiving needs besides
 * @c: the direction
 * @seq: the transport's number of the last packet that moved @c on
 * @seq_known: there was one
 * @lost: stateful: until the peer flushes
 * @far: so many changes ahead of @c is @far_key: where a jump that cost too
 *	much stopped, for the next packet to go on from; 0: no such
 * @far_key: a session key
 * @kept: keys of counts that were passed over, by the count's low bits
 */
struct rtun_crypt_rx {
	struct rtun_crypt c;
	u32 seq;
	bool seq_known;
	bool lost;
	u32 far;
	u8 far_key[RTUN_CRYPT_KEY_MAX];
	struct {
		bool there;
		u8 key[RTUN_CRYPT_KEY_MAX];
	} kept[RTUN_CRYPT_KEPT];
};

/**
 * struct rtun_crypt_packet - what is known of an encrypted packet
 * @head: bits and count
 * @seq: the transport's number, if @seq_bits is not 0: a count cannot have
 *	moved by more than it
 * @seq_bits: its width
 * @len: octets behind @head
 * @peek: the first of them, as many as there are
 * @pfc: its protocol field may be of one octet
 * @bridged: it carries Ethernet (RFC 3518), not IP
 */
struct rtun_crypt_packet {
	u32 seq;
	u32 len;
	u16 head;
	u8 seq_bits;
	bool pfc;
	bool bridged;
	u8 peek[RTUN_CRYPT_PEEK];
};

/* Octets of the start key for so many bits, 0: there is no such strength. */
static inline u32 rtun_crypt_key_len(u32 bits)
{
	return bits == 40 || bits == 56 ? 8 : bits == 128 ? 16 : 0;
}

/* Begin with a start key (RFC 3079), at count 0.  Set what is said of it to
 * be stateful before.
 */
void rtun_crypt_start(struct rtun_crypt *c, u32 bits, const u8 *key);

/* Bits and count of the next packet, whose cipher is ready. */
u16 rtun_crypt_send(struct rtun_crypt *c);

/* May this packet be decrypted?  Keys beyond those that are free are taken from
 * @tokens; counts that were passed over are added to @missed.
 */
enum rtun_crypt_verdict rtun_crypt_receive(struct rtun_crypt_rx *r,
					   const struct rtun_crypt_packet *p,
					   u32 *tokens, u64 *missed);

/* It was decrypted, and begins so: false when it makes no sense, and the peer
 * has to flush.
 */
bool rtun_crypt_opened(struct rtun_crypt_rx *r, const u8 *plain, bool pfc);

#endif /* _RTUN_CRYPT_H */
