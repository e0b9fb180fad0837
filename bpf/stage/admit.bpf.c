// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Admit: what is asked of a packet that is to be translated, whether its session is known or not. */
#include "stage/session.h"
#include "stage/stages.h"

__noinline int admit(struct xdp_md *ctx, struct pkt *p)
{
	use_args(ctx, p);
	if (!p)
		return V_DROP;
	if (p->family == 6 && p->source_route) /* RFC 7915 section 5.1 */
		return report(p, R_SOURCE_ROUTE, ICMP6_PARAM, 0, p->source_route);
	if (p->family == 4 && p->source_route) /* RFC 7915 section 4.1: source route failed */
		return report(p, R_SOURCE_ROUTE, ICMP4_UNREACH, 5, 0);
	if (p->ext_behind) /* RFC 7915 section 5.1.1 */
		return drop(p, R_EXT_HEADER);
	if (p->ttl <= 1)
		return report(p, R_HOP_LIMIT, p->family == 6 ? ICMP6_TIME : ICMP4_TIME, 0, 0);
	return V_CONTINUE;
}
