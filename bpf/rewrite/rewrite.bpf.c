// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The way in for every packet that has a session: is it still allowed, and which translation is due? */
#include "rewrite/rewrite.h"

/* Decides again about a session of an older configuration; ends it if it is no longer allowed. */
static __noinline int session_renew(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s = session_at(REF_NUMBER(p->ref));

	if (!s)
		return drop(p, R_INTERNAL);
	if (s->epoch == p->epoch)
		return V_CONTINUE;
	if (still_allowed(ctx, p)) {
		/* Its way may have changed as well: tunnels are named by the set in force. */
		s->resolved_in = s->resolved_out = p->now - 2 * p->hz;
		s->epoch = p->epoch;
		return V_CONTINUE;
	}
	session_end(REF_NUMBER(p->ref), p->now);
	return drop(p, R_SESSION_REVOKED);
}

__noinline int session_rewrite(struct xdp_md *ctx, struct pkt *p)
{
	struct session *s;
	enum verdict v;
	bool outside;

	if (!p)
		return V_DROP;
	if (p->trace && p->frag) /* what fragments wait for and leave behind is not pretended */
		return V_TAKEN;
	if (p->is_error)
		return session_error(ctx, p);
	v = session_renew(ctx, p);
	if (v != V_CONTINUE)
		return v;
	s = session_at(REF_NUMBER(p->ref));
	if (!s)
		return drop(p, R_INTERNAL);
	outside = REF_OUTSIDE(p->ref);
	if (!session_side(s, p, outside))
		return drop(p, R_POOL_WRONG_SIDE);
	if (outside && s->flags & SESSION_HAIRPIN && !p->hairpin) /* only a packet turned round has such a source */
		return drop(p, R_BAD_SOURCE);
	session_touch(s, p->now, p->hz);
	if (p->frag == LATER_FRAGMENT)
		return fragment_later(ctx, p);
	if (p->proto == P_TCP)
		session_tcp(s, p->tcp_flags, outside, p->now);
	return session_translate(ctx, p);
}
