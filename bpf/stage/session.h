/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Session: is the one that the index names really this packet's, and is it alive? Its clock, its TCP state. */
#pragma once
#include "layout/pkt.h"

static __always_inline struct session *session_slot(__u32 number)
{
	return bpf_map_lookup_elem(&sg_sess, &number);
}

/* Outside the hot way a packet may be a traced one, whose session is a copy. */
static __always_inline struct session *session_at(__u32 number)
{
	__u32 zero = 0;
	struct trace *t;

	if (number != TRACE_SESSION)
		return session_slot(number);
	t = bpf_map_lookup_elem(&sg_trace, &zero);
	return t ? &t->sess : NULL;
}

/* The protocol number that a family uses for what the session calls ICMP. */
static __always_inline __u8 proto_of(__u8 proto, __u8 family)
{
	if (proto == P_ICMP || proto == P_ICMP6)
		return family == 6 ? P_ICMP6 : P_ICMP;
	return proto;
}

/* The tuple that answers to `t`: as received from the other end. Echo identifiers stay where they are. */
static __always_inline void tuple_reverse(struct tuple *r, const struct tuple *t, __u8 proto)
{
	bool icmp = proto == P_ICMP || proto == P_ICMP6;

#pragma unroll
	for (int i = 0; i < 4; i++) {
		r->src[i] = t->dst[i];
		r->dst[i] = t->src[i];
	}
	r->sport = icmp ? t->sport : t->dport;
	r->dport = icmp ? t->dport : t->sport;
}

/* The full key is compared here: a number may be read from the index while its slot changes hands. */
static __always_inline bool session_matches(const struct session *s, __u32 ref, const struct pkt *p)
{
	__u32 diff;

	if (s->life != LIFE_LIVE)
		return false;
	if (!REF_OUTSIDE(ref)) {
		diff = (s->in.src[0] ^ p->t.src[0]) | (s->in.dst[0] ^ p->t.dst[0]);
		if (s->family_in == 6)
			diff |= (s->in.src[1] ^ p->t.src[1]) | (s->in.src[2] ^ p->t.src[2]) |
				(s->in.src[3] ^ p->t.src[3]) | (s->in.dst[1] ^ p->t.dst[1]) |
				(s->in.dst[2] ^ p->t.dst[2]) | (s->in.dst[3] ^ p->t.dst[3]);
		diff |= (s->in.sport ^ p->t.sport) | (s->in.dport ^ p->t.dport);
		diff |= s->family_in ^ p->family;
	} else {
		bool icmp = s->proto == P_ICMP || s->proto == P_ICMP6;

		diff = (s->out.dst[0] ^ p->t.src[0]) | (s->out.src[0] ^ p->t.dst[0]);
		if (s->family_out == 6)
			diff |= (s->out.dst[1] ^ p->t.src[1]) | (s->out.dst[2] ^ p->t.src[2]) |
				(s->out.dst[3] ^ p->t.src[3]) | (s->out.src[1] ^ p->t.dst[1]) |
				(s->out.src[2] ^ p->t.dst[2]) | (s->out.src[3] ^ p->t.dst[3]);
		diff |= icmp ? s->out.sport ^ p->t.sport
			     : (s->out.dport ^ p->t.sport) | (s->out.sport ^ p->t.dport);
		diff |= s->family_out ^ p->family;
	}
	return !diff && proto_of(s->proto, p->family) == p->proto;
}

/* Did the packet come in where this direction of the session is at home? Whoever knows a session's tuple must not
 * speak for its client from another side. */
static __always_inline bool session_side(const struct session *s, const struct pkt *p, bool outside)
{
	if (outside)
		return p->role & ROLE_OUTSIDE || p->hairpin;
	return s->in_sides >> (p->side & 63) & 1;
}

#define TCP_BOTH_FIN (TCP_FIN_IN | TCP_FIN_OUT)
#define TCP_BOTH_SYN (TCP_SYN_IN | TCP_SYN_OUT)

/* Which timeout holds now. RFC 6146 section 3.5.2: established needs a SYN from both sides; a reset, or a FIN from
 * both, leaves the transitory time. */
static __always_inline enum session_clock session_clock(const struct session *s)
{
	__u32 bits = s->tcp;

	if (s->proto != P_TCP)
		return s->proto == P_UDP ? CLOCK_UDP : CLOCK_ICMP;
	if ((bits & TCP_BOTH_SYN) == TCP_BOTH_SYN && (bits & TCP_BOTH_FIN) != TCP_BOTH_FIN && !(bits & TCP_RESET))
		return CLOCK_ESTABLISHED;
	return CLOCK_TRANSITORY;
}

static __always_inline bool session_expired(const struct session *s, __u32 now)
{
	return (__s32)(now - s->last) > (__s32)s->timeout[session_clock(s) & 3];
}

/* Notes that a packet passed. last-seen is written once a second only, else two CPUs bounce the line; a connection
 * closed by both sides only waits for its end (RFC 6146 section 3.5.2.2, V4 + V6 FIN RCV). */
static __always_inline void session_touch(struct session *s, __u32 now, __u32 hz)
{
	if (now - s->last < hz)
		return;
	if (s->proto == P_TCP && ((s->tcp & TCP_BOTH_FIN) == TCP_BOTH_FIN || (s->tcp & TCP_RESET)))
		return;
	s->last = now;
}

/* Takes in the flags of a TCP segment. ORs commute, so no lock. */
static __always_inline void session_tcp(struct session *s, __u8 flags, bool outside, __u32 now)
{
	__u32 bits = 0;

	if (flags & TCP_RST) {
		/* The clock starts anew when the state changes, not with each further reset. */
		if (!(__sync_fetch_and_or(&s->tcp, TCP_RESET) & TCP_RESET))
			s->last = now;
		return;
	}
	if (s->tcp & TCP_RESET) { /* "TRANS: if a packet other than a RST is received, ESTABLISHED" */
		__sync_fetch_and_and(&s->tcp, ~TCP_RESET);
		s->last = now;
	}
	if (flags & TCP_SYN) {
		/* The same ports again after both sides closed: a new connection, as its hosts see it. */
		if ((s->tcp & TCP_BOTH_FIN) == TCP_BOTH_FIN && !(flags & TCP_ACK)) {
			__sync_fetch_and_and(&s->tcp, 0);
			s->last = now;
		}
		bits = outside ? TCP_SYN_OUT : TCP_SYN_IN;
	} else if (flags & TCP_FIN) {
		bits = outside ? TCP_FIN_OUT : TCP_FIN_IN;
	}
	if (bits & ~s->tcp) {
		__sync_fetch_and_or(&s->tcp, bits);
		s->last = now;
	}
}
