/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One NAPI per CPU for all devices of the module: inner packets go through GRO
 * without a set of NAPI structures for every session.  What GRO cannot join may go
 * past it, straight to the stack.
 */
#ifndef _RTUN_CELLS_H
#define _RTUN_CELLS_H

struct net_device;
struct sk_buff;

int rtun_cells_init(void);
void rtun_cells_exit(void);

/* Can a packet go to the stack at once?  Not if GRO may join it with others, nor if this
 * very CPU is handing over another one: a tunnel inside a tunnel must not take the
 * stack deeper and deeper.  BH disabled, RCU.
 */
bool rtun_cells_may_bypass(const struct sk_buff *skb);
/* ... then this, with no lock held, does it. */
void rtun_cells_bypass(struct sk_buff *skb);

/* Hand a network packet to the stack; BH disabled.  False: queue full, the
 * packet still belongs to the caller.
 */
bool rtun_cells_receive(struct sk_buff *skb);
/* The same for a stream whose order counts, whatever CPUs its packets come in
 * on: as long as the CPU *@home has some of them, it gets the next ones too.
 * The caller serialises the stream's calls by a lock and, after it has released it and before
 * BH are enabled, calls rtun_cells_pass(): the stack takes no packet under a lock.
 */
bool rtun_cells_receive_ordered(struct sk_buff *skb, int *home);
/* Hand over what may have been set aside to go past an idle cell. */
void rtun_cells_pass(void);
/* Wait until no packet of a device which no longer receives is under way. */
void rtun_cells_flush(void);

#endif /* _RTUN_CELLS_H */
