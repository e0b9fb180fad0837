#!/usr/bin/python3
"""Packets that are steered into policies, and what has to leave.

usage: headend_cases.py [HOP_LIMIT DSCP]   outer hop limit and DSCP of the configuration; 64, copied
       prints one JSON object a line: {"group", "title", "port", "frame", "expected": [...]}; the flow label, which the
       sender is free to choose, and what an IPv4 sender is free to choose are dots

The expectations come from rfc8986.py. world.ts steers 2001:db8:e0:N::/64 and 10.60.N.0/24 into N segments by H.Encaps,
2001:db8:e1:N::/64 and 10.61.N.0/24 by H.Encaps.Red.
"""
import ipaddress
import itertools
import json
import logging
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.all import ICMP, IP, TCP, UDP, Ether, ICMPv6EchoRequest, ICMPv6PacketTooBig, ICMPv6TimeExceeded, IPv6  # noqa: E402
from scapy.all import IPv6ExtHdrFragment, IPv6ExtHdrSegmentRouting, Raw, raw  # noqa: E402

from cases import CORE, LAN4, LAN6, MAC, frame_of, node, shown  # noqa: E402
from rfc8986 import Policy  # noqa: E402

HOP_LIMIT, DSCP = (int(sys.argv[1]), int(sys.argv[2])) if len(sys.argv) > 2 else (64, None)
MOST = 16


def segments(count):
    return ["fcbb:bb00:b%x::" % number for number in range(1, count + 1)]


def policy(count, reduced):
    return Policy(segments(count), reduced, CORE, HOP_LIMIT, DSCP)


def size(count, reduced):
    listed = count - 1 if reduced else count
    return 40 + (8 + 16 * listed if listed else 0)


def destination(family, count, reduced):
    return ("2001:db8:e%d:%x::9" if family == 6 else "10.6%d.%d.9") % (reduced, count)


def inner(family, count, reduced, **fields):
    source = "2001:db8:1::8" if family == 6 else "10.1.0.8"
    return (IPv6 if family == 6 else IP)(src=source, dst=destination(family, count, reduced), **fields)


def encapsulated(packet, count, reduced):
    _, port, hop, out = node.headend(packet, policy(count, reduced))
    text = frame_of(port, hop, out).hex()
    return {"port": port, "frame": text[:31] + "....." + text[36:]}  # RFC 8986 section 5.1: computed from the flow


def error(packet, body):
    six = packet[0] >> 4 == 6
    if six:
        out = raw(IPv6(src=LAN6, dst="2001:db8:1::8", hlim=64) / body / Raw(packet[:1280 - 48]))
    else:
        out = raw(IP(src=LAN4, dst="10.1.0.8", ttl=64, id=0) / body / Raw(packet[:576 - 28]))
    return {"port": "lan", "frame": shown(frame_of("lan", "2001:db8:1::8", out))}


def cases():
    """(group, title, layer 3 bytes, expected)"""
    for family, reduced, count in itertools.product((4, 6), (0, 1), range(1, MOST + 1)):
        group = "%s of IPv%d" % ("H.Encaps.Red" if reduced else "H.Encaps", family)
        packet = raw(inner(family, count, reduced) / UDP(sport=1025, dport=53) / b"into the domain")
        yield group, "%d segments" % count, packet, [encapsulated(packet, count, reduced)]
    for family, reduced in itertools.product((4, 6), (0, 1)):
        count = 2
        for name, packet in {
            "TCP": inner(family, count, reduced) / TCP(sport=1025, dport=80, flags="S"),
            "ping": inner(family, count, reduced) / (ICMPv6EchoRequest(id=9) if family == 6 else ICMP(id=9)),
            "hop limit 2": inner(family, count, reduced, **{"hlim" if family == 6 else "ttl": 2}) / UDP(),
            "a later fragment": inner(6, count, reduced) / IPv6ExtHdrFragment(id=9, offset=100, nh=17) / b"middle of it"
            if family == 6 else inner(4, count, reduced, id=9, frag=100, proto=17) / b"the middle of it",
            "a segment list of its own": inner(6, count, reduced)
            / IPv6ExtHdrSegmentRouting(addresses=["2001:db8:77::1"], segleft=0) / UDP(chksum=1)
            if family == 6 else inner(4, count, reduced, flags="DF") / UDP(),
        }.items():
            yield "IPv%d" % family, "%s, %s" % (name, "reduced" if reduced else "full"), raw(packet), [
                encapsulated(raw(packet), count, reduced)]
        for mark in range(4):  # RFC 6040 section 4.1
            tos = {"tc" if family == 6 else "tos": 46 << 2 | mark}
            packet = raw(inner(family, count, reduced, **tos) / UDP() / b"marked")
            yield "IPv%d" % family, "DSCP 46, ECN %d, %s" % (mark, "reduced" if reduced else "full"), packet, [
                encapsulated(packet, count, reduced)]
        # What does not fit is told to the sender (RFC 2473 section 7.1, RFC 1191); what just fits is not.
        room = 1500 - size(count, reduced)
        head = 48 if family == 6 else 28
        fits = raw(inner(family, count, reduced, **({} if family == 6 else {"flags": "DF"})) / UDP() / Raw(b"x" * (room - head)))
        large = raw(inner(family, count, reduced, **({} if family == 6 else {"flags": "DF"})) / UDP() / Raw(b"x" * (room - head + 1)))
        body = ICMPv6PacketTooBig(mtu=room) if family == 6 else ICMP(type=3, code=4, nexthopmtu=room)
        how = "reduced" if reduced else "full"
        yield "IPv%d" % family, "it just fits, " + how, fits, [encapsulated(fits, count, reduced)]
        yield "IPv%d" % family, "one byte too large, " + how, large, [{"drop": "too_big"}, error(large, body)]
        last = raw(inner(family, count, reduced, **{"hlim" if family == 6 else "ttl": 1}) / UDP())
        body = ICMPv6TimeExceeded() if family == 6 else ICMP(type=11, code=0)
        yield "IPv%d" % family, "its last hop, " + how, last, [{"drop": "hop_limit"}, error(last, body)]


for group, title, packet, expected in cases():
    source = "2001:db8:1::8"
    ether = Ether(src=MAC[source], dst=MAC["lan"], type=0x86dd if packet[0] >> 4 == 6 else 0x0800)
    print(json.dumps({"group": group, "title": title, "port": "lan", "frame": (raw(ether) + packet).hex(),
                      "expected": expected}))
