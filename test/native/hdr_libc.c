// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "hdr_libc.h"
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	long value;
} values[] = {
	{ "ETH_IP4", ETHERTYPE_IP },
	{ "ETH_ARP", ETHERTYPE_ARP },
	{ "ETH_VLAN", ETHERTYPE_VLAN },
	{ "ETH_IP6", ETHERTYPE_IPV6 },
	{ "P_ICMP", IPPROTO_ICMP },
	{ "P_TCP", IPPROTO_TCP },
	{ "P_UDP", IPPROTO_UDP },
	{ "P_ICMP6", IPPROTO_ICMPV6 },
	{ "EXT_HOP", IPPROTO_HOPOPTS },
	{ "EXT_RT", IPPROTO_ROUTING },
	{ "EXT_FRAG", IPPROTO_FRAGMENT },
	{ "EXT_AH", IPPROTO_AH },
	{ "EXT_NONE", IPPROTO_NONE },
	{ "EXT_DST", IPPROTO_DSTOPTS },
	{ "IP4_DF", IP_DF },
	{ "IP4_MF", IP_MF },
	{ "IP4_OFFSET", IP_OFFMASK },
	{ "TCP_FIN", TH_FIN },
	{ "TCP_SYN", TH_SYN },
	{ "TCP_RST", TH_RST },
	{ "TCP_ACK", TH_ACK },
	{ "ICMP4_ECHO_REPLY", ICMP_ECHOREPLY },
	{ "ICMP4_UNREACH", ICMP_DEST_UNREACH },
	{ "ICMP4_ECHO", ICMP_ECHO },
	{ "ICMP4_TIME", ICMP_TIME_EXCEEDED },
	{ "ICMP4_PARAM", ICMP_PARAMETERPROB },
	{ "ICMP6_UNREACH", ICMP6_DST_UNREACH },
	{ "ICMP6_TOO_BIG", ICMP6_PACKET_TOO_BIG },
	{ "ICMP6_TIME", ICMP6_TIME_EXCEEDED },
	{ "ICMP6_PARAM", ICMP6_PARAM_PROB },
	{ "ICMP6_ECHO", ICMP6_ECHO_REQUEST },
	{ "ICMP6_ECHO_REPLY", ICMP6_ECHO_REPLY },
	{ "ICMP6_NS", ND_NEIGHBOR_SOLICIT },
	{ "ICMP6_NA", ND_NEIGHBOR_ADVERT },
	{ "ETH_LEN", sizeof(struct ether_header) },
	{ "IP4_LEN", sizeof(struct iphdr) },
	{ "IP6_LEN", sizeof(struct ip6_hdr) },
	{ "FRAG_LEN", sizeof(struct ip6_frag) },
	{ "TCP_LEN", sizeof(struct tcphdr) },
	{ "UDP_LEN", sizeof(struct udphdr) },
	{ "ICMP_LEN", sizeof(struct icmphdr) },
	{ "ARP_LEN", sizeof(struct ether_arp) },
	{ "eth.dst", offsetof(struct ether_header, ether_dhost) },
	{ "eth.src", offsetof(struct ether_header, ether_shost) },
	{ "eth.type", offsetof(struct ether_header, ether_type) },
	{ "arp.op", offsetof(struct ether_arp, ea_hdr.ar_op) },
	{ "arp.sha", offsetof(struct ether_arp, arp_sha) },
	{ "arp.spa", offsetof(struct ether_arp, arp_spa) },
	{ "arp.tha", offsetof(struct ether_arp, arp_tha) },
	{ "arp.tpa", offsetof(struct ether_arp, arp_tpa) },
	{ "ip4.tos", offsetof(struct iphdr, tos) },
	{ "ip4.len", offsetof(struct iphdr, tot_len) },
	{ "ip4.id", offsetof(struct iphdr, id) },
	{ "ip4.frag", offsetof(struct iphdr, frag_off) },
	{ "ip4.ttl", offsetof(struct iphdr, ttl) },
	{ "ip4.proto", offsetof(struct iphdr, protocol) },
	{ "ip4.check", offsetof(struct iphdr, check) },
	{ "ip4.src", offsetof(struct iphdr, saddr) },
	{ "ip4.dst", offsetof(struct iphdr, daddr) },
	{ "ip6.len", offsetof(struct ip6_hdr, ip6_plen) },
	{ "ip6.next", offsetof(struct ip6_hdr, ip6_nxt) },
	{ "ip6.hop", offsetof(struct ip6_hdr, ip6_hlim) },
	{ "ip6.src", offsetof(struct ip6_hdr, ip6_src) },
	{ "ip6.dst", offsetof(struct ip6_hdr, ip6_dst) },
	{ "frag.off", offsetof(struct ip6_frag, ip6f_offlg) },
	{ "frag.id", offsetof(struct ip6_frag, ip6f_ident) },
	{ "tcp.sport", offsetof(struct tcphdr, th_sport) },
	{ "tcp.dport", offsetof(struct tcphdr, th_dport) },
	{ "tcp.seq", offsetof(struct tcphdr, th_seq) },
	{ "tcp.ack", offsetof(struct tcphdr, th_ack) },
	{ "tcp.flags", offsetof(struct tcphdr, th_flags) },
	{ "tcp.window", offsetof(struct tcphdr, th_win) },
	{ "tcp.check", offsetof(struct tcphdr, th_sum) },
	{ "udp.len", offsetof(struct udphdr, uh_ulen) },
	{ "udp.check", offsetof(struct udphdr, uh_sum) },
	{ "icmp.code", offsetof(struct icmphdr, code) },
	{ "icmp.check", offsetof(struct icmphdr, checksum) },
	{ "icmp.id", offsetof(struct icmphdr, un.echo.id) },
	{ "icmp.seq", offsetof(struct icmphdr, un.echo.sequence) },
};

long libc_value(const char *name)
{
	for (unsigned int i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!strcmp(values[i].name, name))
			return values[i].value;
	return -1;
}
