// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* ICMP errors (RFC 7915 sections 4.2, 4.3, 5.2, 5.3; RFC 6146 section 3.5): the quoted packet says which
 * session. Between families everything in front of the quoted L4 header is
 * written anew; else addresses are exchanged in place. The quoted payload never moves. */
#include "rewrite/rewrite.h"
#include "stage/note.h"
#include "lib/icmp_map.h"

#define QUOTE4_MAX 576  /* RFC 1812 section 4.3.2.3 */
#define QUOTE6_MAX 1280 /* RFC 4443 section 2.4 (c) */
#define INNER_EXT  4

/* The quoted packet. Offsets from ctx->data. */
struct inner {
	__u16 l3, l4;
	__u16 l4_len;  /* as its IP length says: the quote may be shorter */
	__u16 have;    /* bytes of L4 that are quoted */
	__u16 total;   /* length that the whole packet had */
	__u16 frag_off;
	__u32 frag_id;
	__u8  proto, ttl, tos, more, fragment, icmp_type;
	__be32 outer_src[4]; /* of the error as received; once it is translated to IPv6 */
};

/* Purpose: the quoted packet under way; too much for the stack. Writer and reader: one CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct inner);
} sg_inner SEC(".maps");

static __always_inline bool inner_ip4(struct xdp_md *ctx, struct pkt *p, struct inner *q, __u32 end)
{
	struct ip4_hdr ip;
	__u16 frag, ihl;

	if (bpf_xdp_load_bytes(ctx, q->l3, &ip, sizeof(ip)))
		return false;
	ihl = (ip.ver_ihl & 0xf) * 4;
	q->total = bpf_ntohs(ip.len);
	if (ip.ver_ihl >> 4 != 4 || ihl < IP4_LEN || q->total < ihl || q->l3 + ihl > end)
		return false;
	frag = bpf_ntohs(ip.frag);
	q->more = !!(frag & IP4_MF);
	q->frag_off = (frag & IP4_OFFSET) * 8;
	q->fragment = q->more || q->frag_off;
	q->frag_id = bpf_ntohs(ip.id);
	q->proto = ip.proto;
	q->ttl = ip.ttl;
	q->tos = ip.tos;
	q->l4 = q->l3 + ihl;
	q->l4_len = q->total - ihl;
	p->t.src[0] = ip.dst; /* reversed: the packet was going the other way */
	p->t.dst[0] = ip.src;
	return true;
}

static __always_inline bool inner_ip6(struct xdp_md *ctx, struct pkt *p, struct inner *q, __u32 end)
{
	struct ip6_hdr ip;
	__u32 off;

	if (bpf_xdp_load_bytes(ctx, q->l3, &ip, sizeof(ip)))
		return false;
	if (bpf_ntohl(ip.ver_tc_flow) >> 28 != 6)
		return false;
	q->total = IP6_LEN + bpf_ntohs(ip.len);
	q->tos = bpf_ntohl(ip.ver_tc_flow) >> 20;
	q->ttl = ip.hop;
	q->proto = ip.next;
	off = q->l3 + IP6_LEN;
	for (int i = 0; i < INNER_EXT; i++) {
		__u8 h[8];

		if (q->proto != EXT_FRAG && q->proto != EXT_HOP && q->proto != EXT_DST && q->proto != EXT_RT)
			break;
		if (off + 8 > end || bpf_xdp_load_bytes(ctx, off, h, 8))
			return false;
		if (q->proto == EXT_FRAG) {
			q->frag_off = ((__u16)h[2] << 8 | h[3]) & ~7;
			q->more = h[3] & 1;
			q->fragment = 1;
			q->frag_id = (__u32)h[4] << 24 | (__u32)h[5] << 16 | (__u32)h[6] << 8 | h[7];
			off += FRAG_LEN;
		} else {
			off += (h[1] + 1) * 8;
		}
		q->proto = h[0];
	}
	if (off > end || off - q->l3 > q->total)
		return false;
	q->l4 = off;
	q->l4_len = q->total - (off - q->l3);
	for (int i = 0; i < 4; i++) {
		p->t.src[i] = ip.dst[i];
		p->t.dst[i] = ip.src[i];
	}
	return true;
}

/* Fills in pkt->t and pkt->proto with the tuple that a packet in the opposite direction would have. */
static __noinline int inner_parse(struct xdp_md *ctx, struct pkt *p, struct inner *q)
{
	__u32 end = p->l4 + p->l4_len;
	__u8 h[8];

	__builtin_memset(q, 0, sizeof(*q));
	q->l3 = p->l4 + ICMP_LEN;
	if (!(p->family == 6 ? inner_ip6(ctx, p, q, end) : inner_ip4(ctx, p, q, end)))
		return drop(p, R_ICMP_BAD_INNER);
	q->have = end - q->l4;
	if (q->frag_off) /* no ports in it */
		return drop(p, R_ICMP_NO_SESSION);
	if (q->have < 8 || q->l4 > 512 || bpf_xdp_load_bytes(ctx, q->l4, h, 8))
		return drop(p, R_ICMP_BAD_INNER);
	p->proto = q->proto;
	p->t.sport = p->t.dport = 0;
	if (q->proto == P_TCP || q->proto == P_UDP) {
		p->t.dport = *(__be16 *)h;
		p->t.sport = *(__be16 *)(h + 2);
		return V_CONTINUE;
	}
	q->icmp_type = h[0];
	if (p->family == 6 ? q->proto != P_ICMP6 || (h[0] != ICMP6_ECHO && h[0] != ICMP6_ECHO_REPLY)
			   : q->proto != P_ICMP || (h[0] != ICMP4_ECHO && h[0] != ICMP4_ECHO_REPLY))
		return drop(p, R_ICMP_BAD_INNER); /* an error about an error, or a protocol without sessions */
	p->t.sport = *(__be16 *)(h + 4);
	return V_CONTINUE;
}

/* RFC 7915 section 4.3: whoever rebuilds the checksum must not make a wrong one right. */
static __always_inline bool checksum_right(struct xdp_md *ctx, const struct pkt *p)
{
	int sum = sum_bytes(ctx, p->l4, p->l4_len);
	__u64 pseudo = 0;

	if (sum < 0)
		return false;
	if (p->family == 6)
		pseudo = csum_words(p->t.src, 4) + csum_words(p->t.dst, 4) + bpf_htons(p->l4_len) + bpf_htons(P_ICMP6);
	return csum_fold64(pseudo + sum) == 0xffff;
}

/* Ports, identifier and checksum of the quoted L4 header, as far as it is quoted. The quoted packet went the other
 * way, so its source is our destination. */
static __always_inline bool inner_rewrite(struct xdp_md *ctx, struct pkt *p, const struct inner *q,
					  const struct session *s, bool outside)
{
	__u32 check_off = CHECK_OFF(q->proto);
	__sum16 check = 0;
	__u16 delta;

	if (q->proto == P_TCP || q->proto == P_UDP) {
		__be16 ports[2];

		ports[0] = outside ? s->in.sport : s->out.dport;
		ports[1] = outside ? s->in.dport : s->out.sport;
		if (bpf_xdp_store_bytes(ctx, q->l4, ports, 4))
			return false;
		delta = outside ? s->delta_out_in : s->delta_in_out;
	} else {
		__be16 id = outside ? s->in.sport : s->out.sport, was = outside ? s->out.sport : s->in.sport;
		__u8 type = same_family(s) ? q->icmp_type : echo_type(q->icmp_type, outside);

		/* The quoted length is the whole packet's, unless that was a fragment: then it is not known. */
		if (!same_family(s))
			delta = echo_delta(s, q->icmp_type, q->l4_len, outside);
		else if (s->family_in == 6)
			delta = outside ? s->delta_out_in : s->delta_in_out;
		else
			delta = csum_delta(was, id);
		if (bpf_xdp_store_bytes(ctx, q->l4, &type, 1) || bpf_xdp_store_bytes(ctx, q->l4 + 4, &id, 2))
			return false;
	}
	if (q->have < check_off + 2)
		return true; /* RFC 792 quotes eight bytes: TCP's checksum is not among them */
	if (bpf_xdp_load_bytes(ctx, q->l4 + check_off, &check, 2))
		return false;
	if (q->proto == P_UDP && !check)
		return true;
	check = csum_apply(check, delta);
	if (q->proto == P_UDP && !check)
		check = 0xffff;
	return !bpf_xdp_store_bytes(ctx, q->l4 + check_off, &check, 2);
}

/* RFC 4884 section 3: where extensions follow, a length octet says how long the quote is. They are cut off, so that
 * no length has to be told. Bytes of the quoted packet that are left. */
static __always_inline __u32 quote_len(struct xdp_md *ctx, const struct pkt *p, const struct inner *q)
{
	__u32 quoted = p->l4_len - ICMP_LEN, told = 0;
	__u8 word[4];

	if (bpf_xdp_load_bytes(ctx, p->l4 + 4, word, 4))
		return quoted;
	if (p->family == 4 && p->icmp_type != 4)
		told = word[1] * 4;
	else if (p->family == 6 && (p->icmp_type == ICMP6_UNREACH || p->icmp_type == ICMP6_TIME))
		told = word[0] * 8;
	return told >= (__u32)(q->l4 - q->l3) + 8 && told < quoted ? told : quoted;
}

/* The new headers, one after the other, and the checksum over all that they quote. */
static __always_inline bool build_4to6(struct xdp_md *ctx, struct pkt *p, const struct inner *q,
				       const struct session *s, const struct icmp_error_form *form, __u32 len)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ip6_hdr *ip = at(data, p->l3);
	struct icmp_hdr *icmp = (void *)(ip + 1);
	struct ip6_hdr *in = (void *)(icmp + 1);
	struct frag_hdr *fh = (void *)(in + 1);
	__u8 next = q->proto == P_ICMP ? P_ICMP6 : q->proto;

	if ((void *)(fh + 1) > end)
		return false;
	write_ip6(ip, p->tos, len, p->ttl - 1, P_ICMP6, q->outer_src, s->in.src);
	icmp->type = form->type;
	icmp->code = form->code;
	icmp->check = 0;
	icmp->id = bpf_htons(form->info >> 16);
	icmp->seq = bpf_htons(form->info);
	write_ip6(in, q->tos, q->l4_len + (q->fragment ? FRAG_LEN : 0), q->ttl, q->fragment ? EXT_FRAG : next,
		  s->in.src, s->in.dst);
	if (q->fragment) {
		fh->next = next;
		fh->zero = 0;
		fh->off = bpf_htons(q->more);
		fh->id = bpf_htonl(q->frag_id);
	}
	return true;
}

static __always_inline bool build_6to4(struct xdp_md *ctx, struct pkt *p, const struct inner *q,
				       const struct session *s, const struct icmp_error_form *form, __u32 len)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ip4_hdr *ip = at(data, p->l3);
	struct icmp_hdr *icmp = (void *)(ip + 1);
	struct ip4_hdr *in = (void *)(icmp + 1);
	bool df = !q->fragment && IP4_LEN + q->l4_len > DF_ABOVE;

	if ((void *)(in + 1) > end)
		return false;
	write_ip4(ip, p->tos, len, bpf_get_prandom_u32(), false, p->ttl - 1, P_ICMP, s->out.src[0], s->out.dst[0]);
	icmp->type = form->type;
	icmp->code = form->code;
	icmp->check = 0;
	icmp->id = bpf_htons(form->info >> 16);
	icmp->seq = bpf_htons(form->info);
	write_ip4(in, q->tos, q->l4_len, bpf_htons(q->frag_id), df, q->ttl,
		  q->proto == P_ICMP6 ? P_ICMP : q->proto, s->out.dst[0], s->out.src[0]);
	if (q->more) {
		in->frag = bpf_htons(IP4_MF);
		in->check = 0;
		in->check = csum_ip4(in);
	}
	return true;
}

static __always_inline bool finish_checksum(struct xdp_md *ctx, struct pkt *p, const struct inner *q,
					    const struct session *s, bool outside)
{
	__u16 len = p->l4_len;
	int sum = sum_bytes(ctx, p->l4, len);
	__u64 pseudo = 0;
	__sum16 check;

	if (sum < 0)
		return false;
	if (outside)
		pseudo = csum_words(q->outer_src, 4) + csum_words(s->in.src, 4) + bpf_htons(len) + bpf_htons(P_ICMP6);
	check = (__sum16)~csum_fold64(pseudo + sum);
	return !bpf_xdp_store_bytes(ctx, p->l4 + 2, &check, 2);
}

/* The rest of an error of one family whose addresses have been exchanged: hop limit and sums. */
static __noinline int error_finish(struct xdp_md *ctx, struct pkt *p)
{
	__u32 hop = p->l3 + (p->family == 6 ? 7 : 8);
	__u8 ttl = p->ttl - 1;
	__sum16 check = 0;
	__be32 pair[8];
	__u64 pseudo = 0;
	int sum;

	if (bpf_xdp_store_bytes(ctx, hop, &ttl, 1))
		return drop(p, R_TRUNCATED);
	if (p->frame_len > p->l4 + p->l4_len) {
		if (bpf_xdp_adjust_tail(ctx, (int)(p->l4 + p->l4_len) - (int)p->frame_len))
			return drop(p, R_INTERNAL);
		p->frame_len = p->l4 + p->l4_len;
	}
	if (p->family == 6) {
		if (bpf_xdp_load_bytes(ctx, p->l3 + 8, pair, 32))
			return drop(p, R_TRUNCATED);
		pseudo = csum_words(pair, 8) + bpf_htons(p->l4_len) + bpf_htons(P_ICMP6);
	} else {
		if (bpf_xdp_store_bytes(ctx, p->l3 + 10, &check, 2))
			return drop(p, R_TRUNCATED);
		sum = sum_bytes(ctx, p->l3, p->l4 - p->l3);
		check = (__sum16)~sum;
		if (sum < 0 || bpf_xdp_store_bytes(ctx, p->l3 + 10, &check, 2))
			return drop(p, R_TRUNCATED);
		check = 0;
	}
	if (bpf_xdp_store_bytes(ctx, p->l4 + 2, &check, 2))
		return drop(p, R_TRUNCATED);
	sum = sum_bytes(ctx, p->l4, p->l4_len);
	check = (__sum16)~csum_fold64(pseudo + sum);
	if (sum < 0 || bpf_xdp_store_bytes(ctx, p->l4 + 2, &check, 2))
		return drop(p, R_TRUNCATED);
	return V_CONTINUE;
}

/* Of one family: addresses in both headers, and the sum of the whole. An error from the inside has the pool address
 * as its source, whoever inside sent it (RFC 5508 section 4.2). */
static __noinline int readdress_error(struct xdp_md *ctx, struct pkt *p, struct inner *q, struct session *s)
{
	bool outside = REF_OUTSIDE(p->ref);
	__be32 pair[8]; /* source and destination of the error, as IPv6 has them */
	__u32 addrs = p->family == 6 ? 8 : 12, size = p->family == 6 ? 16 : 4;

	for (int i = 0; i < 4; i++) {
		pair[i] = outside ? s->in.src[i] : s->out.dst[i];
		pair[4 + i] = outside ? s->in.dst[i] : s->out.src[i];
	}
	/* The quoted packet went the other way: from our destination to our source. */
	if (!inner_rewrite(ctx, p, q, s, outside))
		return drop(p, R_TRUNCATED);
	if (p->family == 6) {
		if (bpf_xdp_store_bytes(ctx, q->l3 + 8, pair, 32))
			return drop(p, R_TRUNCATED);
	} else {
		__be32 both[2] = { pair[0], pair[4] };
		__be32 old[2];
		__sum16 check;

		if (bpf_xdp_load_bytes(ctx, q->l3 + 12, old, 8) || bpf_xdp_load_bytes(ctx, q->l3 + 10, &check, 2))
			return drop(p, R_TRUNCATED);
		check = csum_apply(check, csum_delta(csum_fold64((__u64)old[0] + old[1]),
						     csum_fold64((__u64)both[0] + both[1])));
		if (bpf_xdp_store_bytes(ctx, q->l3 + 12, both, 8) || bpf_xdp_store_bytes(ctx, q->l3 + 10, &check, 2))
			return drop(p, R_TRUNCATED);
	}
	/* The error itself: to the inside only its destination changes. */
	if (!outside && bpf_xdp_store_bytes(ctx, p->l3 + addrs, pair + 4, size))
		return drop(p, R_TRUNCATED);
	if (bpf_xdp_store_bytes(ctx, p->l3 + addrs + size, pair, size))
		return drop(p, R_TRUNCATED);
	return error_finish(ctx, p);
}

static __noinline int translate_error(struct xdp_md *ctx, struct pkt *p, struct inner *q, struct session *s)
{
	bool outside = REF_OUTSIDE(p->ref);
	struct icmp_error_form form = {};
	__u32 head = outside ? 2 * IP6_LEN + ICMP_LEN + (q->fragment ? FRAG_LEN : 0) : 2 * IP4_LEN + ICMP_LEN;
	__u32 most = (outside ? QUOTE6_MAX : QUOTE4_MAX) - head;
	__u32 keep = quote_len(ctx, p, q) - (q->l4 - q->l3), info;
	__be32 word;
	int rc;

	if (bpf_xdp_load_bytes(ctx, p->l4 + 4, &word, 4))
		return drop(p, R_TRUNCATED);
	info = bpf_ntohl(word);
	rc = outside ? icmp_error_4to6(&form, p->icmp_type, p->icmp_code, info, q->total, p->port_mtu, p->out_mtu)
		     : icmp_error_6to4(&form, p->icmp_type, p->icmp_code, info, q->fragment, p->out_mtu, p->port_mtu);
	if (rc)
		return drop(p, R_ICMP_UNTRANSLATABLE);
	if (keep > most)
		keep = most;
	if (!inner_rewrite(ctx, p, q, s, outside))
		return drop(p, R_TRUNCATED);
	if (bpf_xdp_adjust_tail(ctx, (int)(q->l4 + keep) - (int)p->frame_len))
		return drop(p, R_INTERNAL);
	if (bpf_xdp_adjust_head(ctx, (int)(q->l4 - p->l3) - (int)head))
		return drop(p, R_HEADROOM);
	p->l4 = p->l3 + (outside ? IP6_LEN : IP4_LEN);
	p->l4_len = head + keep - (p->l4 - p->l3);
	p->frame_len = p->l4 + p->l4_len;
	if (!(outside ? build_4to6(ctx, p, q, s, &form, p->l4_len)
		      : build_6to4(ctx, p, q, s, &form, p->l4_len)))
		return drop(p, R_TRUNCATED);
	if (!finish_checksum(ctx, p, q, s, outside))
		return drop(p, R_TRUNCATED);
	return V_CONTINUE;
}

static __always_inline struct inner *inner_get(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&sg_inner, &zero);
}

__noinline int error_find(struct xdp_md *ctx, struct pkt *p)
{
	struct inner *q = inner_get();
	struct session *s;
	__be32 source;
	enum verdict v;

	if (!p)
		return V_DROP;
	if (!q)
		return drop(p, R_INTERNAL);
	if (p->family == 4 && (p->icmp_type == 4 || p->icmp_type == 5)) /* source quench, redirect */
		return drop(p, R_ICMP_UNTRANSLATABLE);
	if (p->frag) /* RFC 7915 section 1.2: fragmented ICMP is not translated, and errors never need to be */
		return drop(p, R_ICMP_UNTRANSLATABLE);
	if (p->ttl <= 1) /* no error about an error */
		return drop(p, R_HOP_LIMIT);
	if (!checksum_right(ctx, p))
		return drop(p, R_ICMP_BAD_CHECKSUM);
	source = p->t.src[0];
	v = inner_parse(ctx, p, q);
	if (v != V_CONTINUE)
		return v;
	p->ref = index_find(p->family, &p->t, p->proto, p->table);
	s = p->ref ? session_at(REF_NUMBER(p->ref)) : NULL;
	if (!s || !session_matches(s, p->ref, p) || session_expired(s, p->now) ||
	    !session_side(s, p, REF_OUTSIDE(p->ref)))
		return drop(p, R_ICMP_NO_SESSION);
	if (p->family == 4 && s->family_in == 6)
		rfc6052_embed(q->outer_src, s->in.dst, s->pool6_len, source);
	if (p->trace)
		copy_session(p, s);
	return V_CONTINUE;
}

__noinline int session_error(struct xdp_md *ctx, struct pkt *p)
{
	struct inner *q = inner_get();
	struct session *s;
	enum verdict v;
	bool hairpin;

	if (!p)
		return V_DROP;
	s = session_at(REF_NUMBER(p->ref));
	if (!s || !q)
		return drop(p, R_INTERNAL);
	hairpin = !REF_OUTSIDE(p->ref) && s->flags & SESSION_HAIRPIN;
	if (hairpin) {
		p->out_mtu = p->port_mtu;
	} else {
		v = session_resolve(ctx, p, REF_OUTSIDE(p->ref));
		if (v != V_CONTINUE)
			return v;
	}
	v = same_family(s) ? readdress_error(ctx, p, q, s) : translate_error(ctx, p, q, s);
	if (v != V_CONTINUE)
		return v;
	if (hairpin) {
		p->hairpin = 1;
		return V_AGAIN;
	}
	return V_EMIT;
}
