#!/usr/bin/python3
"""Every behaviour and flavour × every state of the segment list × what stands behind it, and what has to become of it.

usage: cases.py          prints one JSON object a line: {"group", "title", "port", "frame", "expected": [...]}; bytes that
                         the sender is free to choose, and the checksum over them, are dots
       cases.py --list   prints the combinations as a table (docs/conformance/srv6.md)

The expectations come from rfc8986.py.
"""
import ipaddress
import itertools
import json
import logging
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)

from scapy.all import (  # noqa: E402
    ICMP, IP, UDP, Ether, ICMPv6EchoRequest, IPOption_NOP, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting, IPv6ExtHdrSegmentRoutingTLVPadN, PadN, Raw, raw,
)

from rfc8986 import Drop, Node, Sid  # noqa: E402

# The world of test/srv6/world.ts. MAC addresses: gateway and neighbours.
MAC = {
    "core": "02:00:00:00:00:01", "2001:db8:c0::2": "02:00:00:00:00:02", "2001:db8:c0::9": "02:00:00:00:00:12",
    "lan": "02:00:00:00:00:03",
    "10.1.0.8": "02:00:00:00:00:04", "2001:db8:1::8": "02:00:00:00:00:04",
    "10.1.0.7": "02:00:00:00:00:14", "2001:db8:1::7": "02:00:00:00:00:14",
    "10.1.0.9": "02:00:00:00:00:24", "2001:db8:1::9": "02:00:00:00:00:24",
}
PEER = "2001:db8:ffff::1"  # a node of the domain, behind 2001:db8:c0::2
LOCATOR = "fcbb:bb00:a1::"
CORE, LAN4, LAN6 = "2001:db8:c0::1", "10.1.0.1", "2001:db8:1::1"

FLAVORS = [(), ("psp",), ("usp",), ("usd",), ("psp", "usp"), ("psp", "usd"), ("usp", "usd"), ("psp", "usp", "usd")]
SIDS = [
    *(Sid(" ".join(("End", *flavors)), "fcbb:bb00:a1:%x::" % (0x100 + n), "End", flavors)
      for n, flavors in enumerate(FLAVORS)),
    *(Sid(" ".join(("End.X", *flavors)), "fcbb:bb00:a1:%x::" % (0x200 + n), "End.X", flavors, ("core", "2001:db8:c0::9"))
      for n, flavors in enumerate(FLAVORS)),
    Sid("End.DX4", "fcbb:bb00:a1:4::", "End.DX4", (), ("lan", "10.1.0.7")),
    Sid("End.DX6", "fcbb:bb00:a1:6::", "End.DX6", (), ("lan", "2001:db8:1::7")),
    Sid("End.DT4", "fcbb:bb00:a1:14::", "End.DT4"),
    Sid("End.DT6", "fcbb:bb00:a1:16::", "End.DT6"),
    Sid("End.DT46", "fcbb:bb00:a1:46::", "End.DT46"),
]


def route(destination):
    """Longest match by hand: (port, next hop)."""
    text = str(ipaddress.ip_address(destination))
    if text in (CORE, LAN4, LAN6):
        raise Drop("rewritten_local")
    if text.startswith(LOCATOR.rstrip(":")):  # out of a tunnel, to a SID
        raise Drop("srv6_edge_filter")
    if len(destination) == 4:
        return ("lan", text if text.startswith("10.1.0.") else "10.1.0.9")
    if text.startswith("2001:db8:1::"):
        return ("lan", text)
    if text.startswith("2001:db8:c0::"):
        return ("core", text)
    return ("lan", "2001:db8:1::9") if text.startswith("2001:db8:2:") else ("core", "2001:db8:c0::2")


node = Node(SIDS, route, lambda port: CORE, lambda family: LAN4 if family == 4 else LAN6, LOCATOR)

BEFORE, AFTER, END = "fcbb:bb00:b0::", "fcbb:bb00:b1::", "fcbb:bb00:b2::"


def srh(addresses, left, last=None):
    more = {} if last is None else {"lastentry": last}
    return lambda: IPv6ExtHdrSegmentRouting(addresses=addresses, segleft=left, **more)


def lists(sid):
    """Segment lists by name; their addresses stand last segment first."""
    return {
        "no SRH": None,
        "SL 0": srh([sid, BEFORE], 0),
        "SL 1": srh([END, sid, BEFORE], 1),
        "SL last": srh([END, AFTER, sid], 2),
        "SL last + 1 (reduced)": srh([END, AFTER], 2),
        "SL beyond the list": srh([END, sid], 3),
        "Last Entry beyond the header": srh([END, sid], 1, 2),
    }


UPPER = {
    "IPv4": lambda: IP(src="10.2.0.5", dst="10.1.0.8", id=7, ttl=33) / UDP(sport=1025, dport=53) / b"inner",
    "IPv6": lambda: IPv6(src="2001:db8:2::5", dst="2001:db8:1::8", hlim=33) / UDP(sport=1025, dport=53) / b"inner",
    "UDP": lambda: UDP(sport=1025, dport=53, chksum=0x1234) / b"no tunnel",
}

DAMAGE = {
    "whole": lambda packet: packet,
    "the frame ends in the SRH": lambda packet: packet[:40 + 12],
    "Payload Length ends in the SRH": lambda packet: packet[:4] + b"\0\x10" + packet[6:],
}


def combinations():
    """(SID, title, layer 3 bytes)"""
    for sid in SIDS:
        for (name, make), upper, hops, damage in itertools.product(
                lists(sid.address).items(), UPPER, (64, 1), DAMAGE):
            if damage != "whole" and (make is None or hops == 1 or upper == "UDP"):
                continue  # the damage is found before any of these counts
            outer = IPv6(src=PEER, dst=sid.address, hlim=hops)
            packet = outer / UPPER[upper]() if make is None else outer / make() / UPPER[upper]()
            words = [name, upper, "hop limit %d" % hops] + ([] if damage == "whole" else [damage])
            yield sid, ", ".join(words), DAMAGE[damage](raw(packet))


def by_name(name):
    return next(sid for sid in SIDS if sid.name == name)


def special():
    """What the combinations leave out."""
    v4, v6, udp = UPPER["IPv4"], UPPER["IPv6"], UPPER["UDP"]

    def to(name, **fields):
        return IPv6(src=PEER, dst=by_name(name).address, **fields)

    def at(*names):
        return [by_name(name).address for name in names]

    hbh = IPv6ExtHdrHopByHop(options=PadN(optdata=b"\0" * 4))
    dst = IPv6ExtHdrDestOpt(options=PadN(optdata=b"\0" * 4))
    for name in ("End", "End psp", "End usp", "End.X psp", "End usd", "End usp usd"):
        sid = by_name(name)
        one, none = srh([END, sid.address], 1)(), srh([sid.address, BEFORE], 0)()
        padded = IPv6ExtHdrSegmentRouting(addresses=[END, sid.address], segleft=1, lastentry=1, len=5,
                                          tlv_objects=[IPv6ExtHdrSegmentRoutingTLVPadN(len=6, padding=b"\0" * 6)])
        yield sid, "hop-by-hop options in front of the SRH", raw(to(name) / hbh / one / v4())
        yield sid, "two extension headers in front of the SRH", raw(to(name) / hbh / dst / one / v6())
        yield sid, "options behind the SRH", raw(to(name) / one / dst / v4())
        yield sid, "options on both sides, SL 0", raw(to(name) / dst / none / dst / v4())
        yield sid, "a TLV in the SRH", raw(to(name) / padded / v6())
        yield sid, "options without SRH", raw(to(name) / dst / v6())
        other = IPv6ExtHdrRouting(type=2, segleft=1, addresses=[END])
        yield sid, "a routing header of another type that is not at its end", raw(to(name) / other / v4())
        fragment = IPv6ExtHdrFragment(id=9, m=1)
        yield sid, "a fragment, SL 0", raw(to(name) / none / fragment / (raw(v4()) + b"1234567"))
        yield sid, "a fragment, SL 1", raw(to(name) / one / fragment / (raw(v4()) + b"1234567"))
    tables = ("End.DT4", "End.DT6", "End.DT46", "End.DX4", "End.DX6", "End usd", "End.X usd")
    for name in (*tables, "End", "End psp"):
        sid = by_name(name)
        none = srh([sid.address, BEFORE], 0)()
        ping = ICMPv6EchoRequest(id=7, seq=3, data=b"ping of a SID")
        yield sid, "an echo request", raw(to(name) / ping)
        yield sid, "an echo request, SL 0", raw(to(name) / none / ping)
        yield sid, "an echo request behind options and SRH", raw(to(name) / hbh / none / ping)
        yield sid, "an echo request with a wrong checksum", raw(to(name) / ping)[:-1] + b"?"
    for name in tables:
        sid = by_name(name)
        yield sid, "inner TTL 1", raw(to(name) / IP(src="10.2.0.5", dst="10.1.0.8", ttl=1) / UDP() / b"inner")
        yield sid, "inner hop limit 1", raw(to(name) / IPv6(src="2001:db8:2::5", dst="2001:db8:1::8", hlim=1) / UDP())
        yield sid, "an inner packet with options", raw(
            to(name) / IP(src="10.2.0.5", dst="10.1.0.8", options=[IPOption_NOP()] * 4) / UDP() / b"inner")
        yield sid, "an inner fragment", raw(
            to(name) / IP(src="10.2.0.5", dst="10.1.0.8", frag=100, id=5, proto=17) / b"the middle of it")
        yield sid, "an inner IPv6 fragment", raw(to(name) / IPv6(src="2001:db8:2::5", dst="2001:db8:1::8")
                                                / IPv6ExtHdrFragment(offset=100, id=5, nh=17) / b"the middle of it")
        yield sid, "inner ICMP", raw(to(name) / IP(src="10.2.0.5", dst="10.1.0.8") / ICMP(id=5) / b"ping")
        yield sid, "inner packet, frame with padding behind", raw(to(name) / v4()) + b"\0" * 9
        yield sid, "IPv6 announced, IPv4 inside", raw(to(name, nh=41) / Raw(raw(v4()) + b"\0" * 20))
        yield sid, "IPv4 announced, IPv6 inside", raw(to(name, nh=4) / Raw(raw(v6())))
        yield sid, "IPv4 announced, less than a header inside", raw(to(name, nh=4) / Raw(raw(v4())[:19]))
        yield sid, "IPv6 announced, less than a header inside", raw(to(name, nh=41) / Raw(raw(v6())[:39]))
        yield sid, "an inner IPv4 packet that is cut off", raw(to(name, nh=4) / Raw(raw(v4())[:-3]))
        yield sid, "an inner IPv6 packet that is cut off", raw(to(name, nh=41) / Raw(raw(v6())[:-3]))
    for name, outer, inner in itertools.product(("End.DT46", "End.X usd"), range(4), range(4)):
        marks = "outer ECN %d, inner %d" % (outer, inner)
        old = IP(src="10.2.0.5", dst="10.1.0.8", tos=46 << 2 | inner) / UDP() / b"marked"
        new = IPv6(src="2001:db8:2::5", dst="2001:db8:1::8", tc=10 << 2 | inner) / UDP() / b"marked"
        yield by_name(name), "IPv4, " + marks, raw(to(name, tc=8 << 2 | outer) / old)
        yield by_name(name), "IPv6, " + marks, raw(to(name, tc=8 << 2 | outer) / new)
    for name in ("End.DT4", "End.DT6", "End.DT46", "End usd"):
        sid = by_name(name)
        yield sid, "an inner packet for the gateway itself", raw(to(name) / IP(src="10.2.0.5", dst=LAN4) / UDP())
        yield sid, "an inner IPv6 packet for the gateway itself", raw(
            to(name) / IPv6(src="2001:db8:2::5", dst=CORE) / UDP())
        yield sid, "an inner packet to a SID", raw(
            to(name) / IPv6(src="2001:db8:2::5", dst=by_name("End.DT6").address) / v6())
    sid = by_name("End")
    many = at("End", "End psp", "End usd", "End usp", "End.DT46")
    yield sid, "the next segment is a SID here too", raw(
        to("End") / srh([many[4], many[0]], 1)() / v4())
    yield sid, "the next but one leads out", raw(to("End") / srh([END, many[1], many[0]], 2)() / v4())
    yield sid, "the next one pops", raw(to("End") / srh([many[4], many[1], many[0]], 2)() / v4())
    yield sid, "three SIDs here, then out", raw(to("End") / srh([END, many[2], many[3], many[0]], 3)() / v4())
    yield sid, "four SIDs here, then out", raw(to("End") / srh([END, many[2], many[3], many[2], many[0]], 4)() / v4())
    yield sid, "a list of nothing but this SID", raw(to("End") / srh([many[0]] * 8, 7)() / v4())
    yield sid, "hop limit 2, two SIDs here", raw(to("End", hlim=2) / srh([END, many[2], many[0]], 2)() / v4())
    yield sid, "the next segment is no SID of the locator", raw(
        to("End") / srh(["fcbb:bb00:a1:99::", many[0]], 1)() / v4())
    yield sid, "the next segment is the gateway itself", raw(to("End") / srh([CORE, many[0]], 1)() / v4())
    yield sid, "sixteen segments", raw(to("End") / srh([END] * 14 + [many[0], BEFORE], 14)() / v6())
    yield by_name("End.X"), "the next segment is a SID here, and passed by", raw(
        to("End.X") / srh([many[4], many[0]], 1)() / v4())


def frame_of(port, hop, packet):
    return raw(Ether(src=MAC[port], dst=MAC[hop], type=0x86dd if packet[0] >> 4 == 6 else 0x0800)) + packet


def shown(frame):
    """An IPv4 packet that begins here has an identification of its own choice."""
    text = frame.hex()
    made_here = frame[12:14] == b"\x08\x00" and frame[23] == 1 and frame[26:30] == ipaddress.ip_address(LAN4).packed
    return text[:36] + "...." + text[40:48] + "...." + text[52:] if made_here else text


def case(sid, title, packet):
    results = []
    for result in node.receive(packet, "core"):
        if result[0] == "drop":
            results.append({"drop": result[1]})
        else:
            _, port, hop, out = result
            results.append({"port": port, "frame": shown(frame_of(port, hop, out))})
    frame = raw(Ether(src=MAC["2001:db8:c0::2"], dst=MAC["core"], type=0x86dd)) + packet
    return {"group": sid.name, "title": title, "port": "core", "frame": frame.hex(), "expected": results}


SIGNS = {"hop_limit": "HL", "srv6_segments_left": "SL", "srv6_upper_layer": "UL"}


def word(one):
    """What becomes of a packet, in a word."""
    first = one["expected"][0]
    if "drop" in first:
        return SIGNS.get(first["drop"], first["drop"])
    if first["frame"][24:28] == "0800" or first["frame"][76:].startswith("20010db80001"):
        return "inner"
    if first["frame"][76:].startswith("20010db8ffff"):
        return "answer"
    return "next" if len(first["frame"]) == len(one["frame"]) else "pop"


def table():
    """Markdown: a line for each packet, a column for each set of flavours and for each other behaviour."""
    words = {(sid.name, title): word(case(sid, title, packet)) for sid, title, packet in combinations()}
    damaged = [key for key in words if key[1].endswith("ends in the SRH")]
    assert all(words.pop(key) == "truncated" for key in damaged)
    titles = list(dict.fromkeys(title for _, title in words))
    columns = [sid.name for sid in SIDS if not sid.name.startswith("End.X")]
    for name in columns[:len(FLAVORS)]:
        for title in titles:
            assert words[name, title] == words[name.replace("End", "End.X", 1), title], (name, title)
    print("| packet | %s |" % " | ".join(name.replace("End", "End, End.X", 1) if at < len(FLAVORS) else name
                                         for at, name in enumerate(columns)))
    print("|---" * (len(columns) + 1) + "|")
    for title in titles:
        print("| %s | %s |" % (title, " | ".join(words[name, title] for name in columns)))
    print("\nThe %d packets whose frame or Payload Length ends within the SRH are dropped (`truncated`)." % len(damaged))
    print("\n| packet | behaviour: what becomes of it |\n|---|---|")
    rest = {}
    for sid, title, packet in special():
        title = "IPv4 and IPv6, every outer and inner ECN field" if "outer ECN" in title else title
        rest.setdefault(title, {}).setdefault(word(case(sid, title, packet)), {})[sid.name] = True
    for title, outcomes in rest.items():
        print("| %s | %s |" % (title, "; ".join("%s: %s" % (", ".join(names), what) for what, names in outcomes.items())))


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        table()
    else:
        for each in itertools.chain(combinations(), special()):
            print(json.dumps(case(*each)))
