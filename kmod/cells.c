// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared receive cells, see cells.h.
 *
 * The kernel's gro_cells belong to one device: their queues can only be
 * emptied by destroying them.  Ours serve all devices and live as long as the
 * module, therefore a device that goes away must be able to wait until its
 * packets have passed.  Each cell counts what came in and what went out.
 */
#include "cells.h"

#include <linux/delay.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/tcp.h>
#include <net/ip.h>

enum {
	RTUN_CELL_MAX = 1000,	/* packets, as netdev_max_backlog's default */
};

/**
 * struct rtun_cell - the cell of one CPU
 * @napi: polls the queue
 * @lock: guards @queue and @in; BH disabled
 * @queue: packets
 * @work: packets that the poll has taken, its own
 * @direct: a packet of a stream whose order counts that goes past the queue as soon as the
 *	stream's lock is released
 * @passing: from then on until the stack has taken it
 * @in: packets queued since the module was loaded
 * @out: packets polled since then
 * @polls: finished polls
 */
struct rtun_cell {
	struct napi_struct napi;
	spinlock_t lock;
	struct sk_buff_head queue;
	struct sk_buff_head work;
	struct sk_buff *direct;
	bool passing;
	u32 in;
	u32 out;
	u32 polls;
};

static struct rtun_cell __percpu *cells;
static struct net_device *dummy;

/* Is something queued, in GRO, or on its way past both?  Under its lock, nothing can slip
 * through between: who polls or passes looks into the queue again after it ended.
 */
static bool busy(const struct rtun_cell *cell)
{
	return !skb_queue_empty(&cell->queue) || READ_ONCE(cell->passing) ||
	       test_bit(NAPI_STATE_SCHED, &cell->napi.state);
}

static bool put(struct rtun_cell *cell, struct sk_buff *skb)
{
	if (skb_queue_len(&cell->queue) >= RTUN_CELL_MAX)
		return false;
	__skb_queue_tail(&cell->queue, skb);
	WRITE_ONCE(cell->in, cell->in + 1);
	return true;
}

/* The protocol of an IP packet, fragments included; negative: it is none.  An IPv6 packet
 * with options has that of these: GRO passes it on in its turn.
 */
static int ip_protocol(const struct sk_buff *skb)
{
	unsigned int off = skb_network_offset(skb);
	const struct ipv6hdr *ip6h;
	const struct iphdr *iph;
	struct ipv6hdr copy6;
	struct iphdr copy;
	const u8 *next;
	u8 octet;

	if (skb->protocol == htons(ETH_P_IP)) {
		iph = skb_header_pointer(skb, off, sizeof(copy), &copy);
		return iph ? iph->protocol : -1;
	}
	if (skb->protocol != htons(ETH_P_IPV6))
		return -1;
	ip6h = skb_header_pointer(skb, off, sizeof(copy6), &copy6);
	if (!ip6h || likely(ip6h->nexthdr != IPPROTO_FRAGMENT))
		return ip6h ? ip6h->nexthdr : -1;
	next = skb_header_pointer(skb, off + sizeof(copy6), 1, &octet);
	return next ? *next : -1;
}

/* Could GRO join packets of this protocol?  All packets of a flow must get the same
 * answer: what waits in GRO is overtaken by what does not.
 */
static bool joins(const struct sk_buff *skb)
{
	const netdev_features_t gro_udp = NETIF_F_GRO_UDP_FWD |
					  NETIF_F_GRO_FRAGLIST;
	netdev_features_t has = skb->dev->features;

	switch (ip_protocol(skb)) {
	case IPPROTO_UDP:
		return has & NETIF_F_GRO && has & gro_udp;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return false;
	default:
		return has & NETIF_F_GRO;
	}
}

/* An acknowledgement of TCP without data, which GRO joins to nothing. */
static bool bare_ack(const struct sk_buff *skb)
{
	unsigned int off = skb_network_offset(skb), len;
	const struct tcphdr *th;
	struct tcphdr tcp;

	/* GRO would find the headers in the linear part as well */
	if (skb->protocol == htons(ETH_P_IP)) {
		const struct iphdr *iph = ip_hdr(skb);

		if (off + sizeof(*iph) > skb_headlen(skb) ||
		    iph->protocol != IPPROTO_TCP || iph->ihl != 5 ||
		    ip_is_fragment(iph))
			return false;
		len = ntohs(iph->tot_len) - sizeof(*iph);
		off += sizeof(*iph);
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ip6h = ipv6_hdr(skb);

		if (off + sizeof(*ip6h) > skb_headlen(skb) ||
		    ip6h->nexthdr != IPPROTO_TCP)
			return false;
		len = ntohs(ip6h->payload_len);
		off += sizeof(*ip6h);
	} else {
		return false;
	}
	th = skb_header_pointer(skb, off, sizeof(tcp), &tcp);
	return th && th->doff * 4 == len;
}

/* This CPU hands something to the stack, past its cell. */
static DEFINE_PER_CPU(bool, bypassing);

/* What is many already is not joined to more, what has nothing in it to nothing; but GRO
 * may hold what came before it.
 */
bool rtun_cells_may_bypass(const struct sk_buff *skb)
{
	return !this_cpu_read(bypassing) &&
	       (!joins(skb) || (!busy(this_cpu_ptr(cells)) &&
				(skb_is_gso(skb) || bare_ack(skb))));
}

void rtun_cells_bypass(struct sk_buff *skb)
{
	this_cpu_write(bypassing, true);
	netif_receive_skb(skb);
	this_cpu_write(bypassing, false);
}

/* Of a stream whose order counts nothing may go past what the cell has of it. */
static bool may_pass(const struct rtun_cell *cell, const struct sk_buff *skb)
{
	return !this_cpu_read(bypassing) && !busy(cell) &&
	       (skb_is_gso(skb) || !joins(skb) || bare_ack(skb));
}

void rtun_cells_pass(void)
{
	struct rtun_cell *cell = this_cpu_ptr(cells);
	struct sk_buff *skb = cell->direct;
	bool again;

	if (!skb)
		return;
	cell->direct = NULL;
	rtun_cells_bypass(skb);
	/* another CPU may have seen us busy until now */
	spin_lock(&cell->lock);
	WRITE_ONCE(cell->passing, false);
	again = !skb_queue_empty(&cell->queue);
	spin_unlock(&cell->lock);
	if (unlikely(again))
		napi_schedule(&cell->napi);
}

bool rtun_cells_receive(struct sk_buff *skb)
{
	struct rtun_cell *cell = this_cpu_ptr(cells);
	bool ok;

	spin_lock(&cell->lock);
	ok = put(cell, skb);
	spin_unlock(&cell->lock);
	if (likely(ok))
		napi_schedule(&cell->napi);
	return ok;
}

bool rtun_cells_receive_ordered(struct sk_buff *skb, int *home)
{
	struct rtun_cell *cell = per_cpu_ptr(cells, *home);
	int cpu = smp_processor_id();
	bool ok;

	if (unlikely(*home != cpu)) {
		spin_lock(&cell->lock);
		if (busy(cell)) {
			/* it polls or passes, and looks again: no need to wake it */
			ok = put(cell, skb);
			spin_unlock(&cell->lock);
			return ok;
		}
		spin_unlock(&cell->lock);
		*home = cpu;
		cell = this_cpu_ptr(cells);
	}
	if (may_pass(cell, skb)) {
		cell->direct = skb;
		WRITE_ONCE(cell->passing, true);
		return true;
	}
	return rtun_cells_receive(skb);
}

static struct sk_buff *next(struct rtun_cell *cell)
{
	if (skb_queue_empty(&cell->work)) {
		/* whoever adds something from now on sees to it that we come back */
		if (skb_queue_empty_lockless(&cell->queue))
			return NULL;
		spin_lock(&cell->lock);
		skb_queue_splice_tail_init(&cell->queue, &cell->work);
		spin_unlock(&cell->lock);
	}
	return __skb_dequeue(&cell->work);
}

static int poll(struct napi_struct *napi, int budget)
{
	struct rtun_cell *cell = container_of(napi, struct rtun_cell, napi);
	struct sk_buff *skb;
	bool again = false;
	int done = 0;

	while (done < budget) {
		skb = next(cell);
		if (!skb)
			break;
		done++;
		/* a device that was closed meanwhile takes nothing more */
		if (unlikely(!(skb->dev->flags & IFF_UP))) {
			kfree_skb(skb);
		} else if (skb_is_gso(skb)) {
			/* many already: not behind what GRO holds of its flow */
			napi_gro_flush(napi, false);
			netif_receive_skb(skb);
		} else if (!joins(skb) || unlikely(skb_unclone(skb, GFP_ATOMIC))) {
			/* GRO writes to what clones share */
			netif_receive_skb(skb);
		} else {
			napi_gro_receive(napi, skb);
		}
	}
	WRITE_ONCE(cell->out, cell->out + done);
	if (done < budget) {
		napi_complete_done(napi, done);
		/* another CPU may have seen us busy until now */
		spin_lock(&cell->lock);
		again = !skb_queue_empty(&cell->queue);
		spin_unlock(&cell->lock);
	}
	/* pairs with the acquire in passed() */
	smp_store_release(&cell->polls, cell->polls + 1);
	if (unlikely(again))
		napi_schedule(napi);
	return done;
}

/*
 * A packet has passed when it was polled and GRO let it go.  GRO keeps
 * nothing when NAPI completes; under load, when it does not complete, what is
 * older than a tick is let go after each poll.
 */
static bool passed(struct rtun_cell *cell, u32 in, u32 polls,
		   unsigned long since)
{
	if ((s32)(READ_ONCE(cell->out) - in) < 0)
		return false;
	if (!test_bit(NAPI_STATE_SCHED, &cell->napi.state))
		return true;
	/* pairs with the release in poll() */
	return smp_load_acquire(&cell->polls) - polls >= 3 &&
	       time_after(jiffies, since + 3);
}

void rtun_cells_flush(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct rtun_cell *cell = per_cpu_ptr(cells, cpu);
		u32 in = READ_ONCE(cell->in);
		unsigned long since;
		u32 polls;

		/* first until all are polled, then until GRO let them go */
		while ((s32)(READ_ONCE(cell->out) - in) < 0)
			usleep_range(1000, 2000);
		polls = READ_ONCE(cell->polls);
		since = jiffies;
		while (!passed(cell, in, polls, since))
			usleep_range(1000, 2000);
	}
}

int rtun_cells_init(void)
{
	int cpu;

	dummy = rtun_dummy_dev_alloc();
	if (!dummy)
		return -ENOMEM;
	cells = alloc_percpu(struct rtun_cell);
	if (!cells) {
		rtun_dummy_dev_free(dummy);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu) {
		struct rtun_cell *cell = per_cpu_ptr(cells, cpu);

		spin_lock_init(&cell->lock);
		__skb_queue_head_init(&cell->queue);
		__skb_queue_head_init(&cell->work);
		set_bit(NAPI_STATE_NO_BUSY_POLL, &cell->napi.state);
		netif_napi_add(dummy, &cell->napi, poll);
		napi_enable(&cell->napi);
	}
	return 0;
}

void rtun_cells_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct rtun_cell *cell = per_cpu_ptr(cells, cpu);

		napi_disable(&cell->napi);
		__netif_napi_del(&cell->napi);
		__skb_queue_purge(&cell->work);
		__skb_queue_purge(&cell->queue);
	}
	/* netpoll may walk the device's list of NAPI under RCU */
	synchronize_net();
	free_percpu(cells);
	rtun_dummy_dev_free(dummy);
}
