/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Which ICMP error answers to which in the other family: RFC 7915 sections 4.2 and 5.2, without the echo messages.
 * Plain C, no packets, also built natively. */
#pragma once
#include "lib/hdr.h"

#define ICMP_SILENT (-1) /* no counterpart: dropped without a word */

struct icmp_error_form {
	__u8 type, code;
	__u32 info; /* second word, host byte order: 0, an MTU, or a pointer */
};

#define IP4_MIN_MTU 68 /* RFC 791 section 3.2 */

/* RFC 1191 section 7: the plateau below a packet's length, for routers that name no MTU. */
static __always_inline __u32 mtu_plateau(__u32 total)
{
	static const __u16 plateaus[] = { 65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68 };

	for (int i = 0; i < 11; i++)
		if (plateaus[i] < total)
			return plateaus[i];
	return 68;
}

/* RFC 7915 figure 3: where an octet of the IPv4 header is found in the IPv6 header; -1: nowhere. */
static __always_inline int pointer_4to6(__u32 pointer)
{
	switch (pointer) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
	case 3:
		return 4;
	case 8:
		return 7;
	case 9:
		return 6;
	case 12 ... 15:
		return 8;
	case 16 ... 19:
		return 24;
	}
	return -1;
}

/* RFC 7915 figure 6, the other way. */
static __always_inline int pointer_6to4(__u32 pointer)
{
	switch (pointer) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 4:
	case 5:
		return 2;
	case 6:
		return 9;
	case 7:
		return 8;
	case 8 ... 23:
		return 12;
	case 24 ... 39:
		return 16;
	}
	return -1;
}

/* ICMP error -> ICMPv6. `info` is the second word of the message, host byte order; `total` the length that the
 * quoted packet had. mtu4 and mtu6 are those of the next links on both sides. 0 or ICMP_SILENT. */
static __always_inline int icmp_error_4to6(struct icmp_error_form *out, __u8 type, __u8 code, __u32 info, __u32 total,
					   __u32 mtu4, __u32 mtu6)
{
	__u32 mtu;
	int pointer;

	out->info = 0;
	out->type = ICMP6_UNREACH;
	out->code = 0;
	if (type == ICMP4_TIME) {
		out->type = ICMP6_TIME;
		out->code = code;
		return 0;
	}
	if (type == ICMP4_PARAM) {
		if (code != 0 && code != 2)
			return ICMP_SILENT;
		pointer = pointer_4to6(info >> 24);
		if (pointer < 0)
			return ICMP_SILENT;
		out->type = ICMP6_PARAM;
		out->info = pointer;
		return 0;
	}
	if (type != ICMP4_UNREACH)
		return ICMP_SILENT;
	switch (code) {
	case 0: /* net, host, source route, unknown, isolated, type of service: no route */
	case 1:
	case 5:
	case 6:
	case 7:
	case 8:
	case 11:
	case 12:
		return 0;
	case 2: /* protocol: the next header field of an IPv6 packet */
		out->type = ICMP6_PARAM;
		out->code = 1;
		out->info = 6;
		return 0;
	case 3:
		out->code = 4;
		return 0;
	case 4:
		mtu = info & 0xffff;
		if (!mtu)
			mtu = mtu_plateau(total);
		mtu += IP6_LEN - IP4_LEN;
		if (mtu4 && mtu > mtu4 + IP6_LEN - IP4_LEN)
			mtu = mtu4 + IP6_LEN - IP4_LEN;
		if (mtu6 && mtu > mtu6)
			mtu = mtu6;
		out->type = ICMP6_TOO_BIG;
		out->info = mtu < IP6_MIN_MTU ? IP6_MIN_MTU : mtu;
		return 0;
	case 9: /* administratively prohibited */
	case 10:
	case 13:
	case 15:
		out->code = 1;
		return 0;
	}
	return ICMP_SILENT; /* 14: host precedence violation */
}

/* ICMPv6 error -> ICMP. `quoted_fragment`: the quoted packet had a fragment header, which IPv4 does not need. */
static __always_inline int icmp_error_6to4(struct icmp_error_form *out, __u8 type, __u8 code, __u32 info,
					   int quoted_fragment, __u32 mtu4, __u32 mtu6)
{
	__u32 mtu, less = IP6_LEN - IP4_LEN + (quoted_fragment ? FRAG_LEN : 0);
	int pointer;

	out->info = 0;
	out->type = ICMP4_UNREACH;
	switch (type) {
	case ICMP6_UNREACH:
		switch (code) {
		case 0: /* no route, beyond scope, address */
		case 2:
		case 3:
			out->code = 1;
			return 0;
		case 1: /* prohibited */
			out->code = 10;
			return 0;
		case 4:
			out->code = 3;
			return 0;
		}
		return ICMP_SILENT;
	case ICMP6_TOO_BIG:
		mtu = info > less ? info - less : 0;
		if (mtu4 && mtu > mtu4)
			mtu = mtu4;
		if (mtu6 && mtu > mtu6 - less)
			mtu = mtu6 - less;
		if (mtu < IP4_MIN_MTU) /* 0 would say: a router that knows no MTU */
			mtu = IP4_MIN_MTU;
		out->code = 4;
		out->info = mtu > 0xffff ? 0xffff : mtu;
		return 0;
	case ICMP6_TIME:
		out->type = ICMP4_TIME;
		out->code = code;
		return 0;
	case ICMP6_PARAM:
		if (code == 1) { /* unrecognized next header: protocol unreachable */
			out->code = 2;
			return 0;
		}
		if (code != 0)
			return ICMP_SILENT;
		pointer = pointer_6to4(info);
		if (pointer < 0)
			return ICMP_SILENT;
		out->type = ICMP4_PARAM;
		out->code = 0;
		out->info = (__u32)pointer << 24;
		return 0;
	}
	return ICMP_SILENT;
}
