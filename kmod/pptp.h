/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data packets of PPTP: enhanced GRE, RFC 2637 section 4.
 */
#ifndef _RTUN_PPTP_H
#define _RTUN_PPTP_H

struct rtun_xport_ops;

extern const struct rtun_xport_ops rtun_pptp_ops;

#endif /* _RTUN_PPTP_H */
