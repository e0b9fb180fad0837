// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* lib/hdr.h against the headers of the C library, which hdr_libc.c looks into: some names are the same in both. */
#include "check.h"
#include "hdr_libc.h"
#include "lib/hdr.h"
#include <stddef.h>

#define SAME(name, value) \
	CHECK(libc_value(name) == (long)(value), "%s: %ld, libc %ld", name, (long)(value), libc_value(name))
#define NUMBER(name)           SAME(#name, name)
#define AT(name, type, member) SAME(name, offsetof(struct type, member))

static void numbers(void)
{
	NUMBER(ETH_IP4);
	NUMBER(ETH_ARP);
	NUMBER(ETH_VLAN);
	NUMBER(ETH_IP6);
	NUMBER(P_ICMP);
	NUMBER(P_TCP);
	NUMBER(P_UDP);
	NUMBER(P_ICMP6);
	NUMBER(EXT_HOP);
	NUMBER(EXT_RT);
	NUMBER(EXT_FRAG);
	NUMBER(EXT_AH);
	NUMBER(EXT_NONE);
	NUMBER(EXT_DST);
	NUMBER(IP4_DF);
	NUMBER(IP4_MF);
	NUMBER(IP4_OFFSET);
	NUMBER(TCP_FIN);
	NUMBER(TCP_SYN);
	NUMBER(TCP_RST);
	NUMBER(TCP_ACK);
	NUMBER(ICMP4_ECHO_REPLY);
	NUMBER(ICMP4_UNREACH);
	NUMBER(ICMP4_ECHO);
	NUMBER(ICMP4_TIME);
	NUMBER(ICMP4_PARAM);
	NUMBER(ICMP6_UNREACH);
	NUMBER(ICMP6_TOO_BIG);
	NUMBER(ICMP6_TIME);
	NUMBER(ICMP6_PARAM);
	NUMBER(ICMP6_ECHO);
	NUMBER(ICMP6_ECHO_REPLY);
	NUMBER(ICMP6_NS);
	NUMBER(ICMP6_NA);
}

static void lengths(void)
{
	NUMBER(ETH_LEN);
	NUMBER(IP4_LEN);
	NUMBER(IP6_LEN);
	NUMBER(FRAG_LEN);
	NUMBER(TCP_LEN);
	NUMBER(UDP_LEN);
	NUMBER(ICMP_LEN);
	SAME("ETH_LEN", sizeof(struct eth_hdr));
	SAME("IP4_LEN", sizeof(struct ip4_hdr));
	SAME("IP6_LEN", sizeof(struct ip6_hdr));
	SAME("FRAG_LEN", sizeof(struct frag_hdr));
	SAME("TCP_LEN", sizeof(struct tcp_hdr));
	SAME("UDP_LEN", sizeof(struct udp_hdr));
	SAME("ICMP_LEN", sizeof(struct icmp_hdr));
	SAME("ARP_LEN", sizeof(struct arp_hdr));
	CHECK(VLAN_LEN == 4 && sizeof(struct vlan_hdr) == 4, "IEEE 802.1Q: a tag has four octets");
}

static void places(void)
{
	AT("eth.dst", eth_hdr, dst);
	AT("eth.src", eth_hdr, src);
	AT("eth.type", eth_hdr, type);
	AT("arp.op", arp_hdr, op);
	AT("arp.sha", arp_hdr, sha);
	AT("arp.spa", arp_hdr, spa);
	AT("arp.tha", arp_hdr, tha);
	AT("arp.tpa", arp_hdr, tpa);
	AT("ip4.tos", ip4_hdr, tos);
	AT("ip4.len", ip4_hdr, len);
	AT("ip4.id", ip4_hdr, id);
	AT("ip4.frag", ip4_hdr, frag);
	AT("ip4.ttl", ip4_hdr, ttl);
	AT("ip4.proto", ip4_hdr, proto);
	AT("ip4.check", ip4_hdr, check);
	AT("ip4.src", ip4_hdr, src);
	AT("ip4.dst", ip4_hdr, dst);
	AT("ip6.len", ip6_hdr, len);
	AT("ip6.next", ip6_hdr, next);
	AT("ip6.hop", ip6_hdr, hop);
	AT("ip6.src", ip6_hdr, src);
	AT("ip6.dst", ip6_hdr, dst);
	AT("frag.off", frag_hdr, off);
	AT("frag.id", frag_hdr, id);
	AT("tcp.sport", tcp_hdr, sport);
	AT("tcp.dport", tcp_hdr, dport);
	AT("tcp.seq", tcp_hdr, seq);
	AT("tcp.ack", tcp_hdr, ack);
	AT("tcp.flags", tcp_hdr, flags);
	AT("tcp.window", tcp_hdr, window);
	AT("tcp.check", tcp_hdr, check);
	AT("udp.len", udp_hdr, len);
	AT("udp.check", udp_hdr, check);
	AT("icmp.code", icmp_hdr, code);
	AT("icmp.check", icmp_hdr, check);
	AT("icmp.id", icmp_hdr, id);
	AT("icmp.seq", icmp_hdr, seq);
}

void test_hdr(void)
{
	numbers();
	lengths();
	places();
}
