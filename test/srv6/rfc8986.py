"""A node of an SR domain, written from the pseudo-code of RFC 8986 (behaviours, flavours) and RFC 8754 (headers), on
the bytes of layer 3 packets. It shares nothing with the product: what becomes of a packet here is what the product's
data path has to do with it. The section of the RFC stands beside each step.

Where the RFCs leave it open, this node
- drops silently what ends before the headers that it announces;
- counts the inner hop limit down when it forwards what came out of a tunnel (RFC 2473 section 3.1), and says so to the
  inner source when that is the end of it;
- takes the outer congestion mark over as RFC 6040 section 4.2 says;
- quotes the packet as it is when it finds the error;
- looks at a packet four times at most: a longer list of its own SIDs is a loop;
- gives up what is for itself once it has been changed, and lets no packet that came out of a tunnel reach a SID;
- does not put fragments of the outer packet together.
"""
import ipaddress
import struct

from scapy.all import (
    ICMP, IP, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6, IPv6ExtHdrSegmentRouting,
    Raw, raw,
)

SRH_TYPE = 4
HOP, ROUTING, FRAGMENT, DESTINATION = 0, 43, 44, 60
IPV4, IPV6, ICMPV6 = 4, 41, 58
ECHO_REQUEST = 128
MOST_LOOKS = 4
MOST_QUOTED = 1280 - 48  # RFC 4443 section 2.4 (c)


def address(text):
    return ipaddress.ip_address(text).packed


NOT_ECT, ECT_1, ECT_0, CE = range(4)
# RFC 6040 figure 4: what leaves, by inner and outer mark.
LEAVES = {
    NOT_ECT: {NOT_ECT: NOT_ECT, ECT_0: NOT_ECT, ECT_1: NOT_ECT, CE: None},
    ECT_0: {NOT_ECT: ECT_0, ECT_0: ECT_0, ECT_1: ECT_1, CE: CE},
    ECT_1: {NOT_ECT: ECT_1, ECT_0: ECT_1, ECT_1: ECT_1, CE: CE},
    CE: {NOT_ECT: CE, ECT_0: CE, ECT_1: CE, CE: CE},
}


def traffic_class(packet):
    return (packet[0] << 4 | packet[1] >> 4) & 255 if packet[0] >> 4 == 6 else packet[1]


def with_mark(packet, mark):
    """The same packet with another ECN field."""
    changed = IPv6(packet) if packet[0] >> 4 == 6 else IP(packet)
    if packet[0] >> 4 == 6:
        changed.tc = changed.tc & ~3 | mark
    else:
        changed.tos = changed.tos & ~3 | mark
        del changed.chksum
    return raw(changed)


class Drop(Exception):
    """A packet is discarded, for a reason that the product has a name for; `error` is the ICMP error that tells."""

    def __init__(self, reason, error=None):
        super().__init__(reason)
        self.reason, self.error = reason, error


class Sid:
    def __init__(self, name, address, behavior, flavors=(), hop=None):
        self.name, self.address, self.behavior, self.flavors, self.hop = name, address, behavior, flavors, hop


class Policy:
    def __init__(self, segments, reduced, source, hop_limit=64, dscp=None):
        self.segments, self.reduced, self.source = segments, reduced, source
        self.hop_limit, self.dscp = hop_limit, dscp


class Headers:
    """Where the headers of an IPv6 packet stand (RFC 8200 section 4)."""

    def __init__(self, packet):
        if len(packet) < 40:
            raise Drop("truncated")
        self.end = 40 + struct.unpack("!H", packet[4:6])[0]
        if self.end > len(packet):
            raise Drop("truncated")
        self.srh = self.names_srh = self.unknown_routing = None
        self.fragment = False
        field, offset, kind = 6, 40, packet[6]
        while kind in (HOP, ROUTING, DESTINATION, FRAGMENT):
            if offset + 8 > self.end:
                raise Drop("truncated")
            length = 8 if kind == FRAGMENT else 8 * (packet[offset + 1] + 1)
            if offset + length > self.end:
                raise Drop("truncated")
            if kind == FRAGMENT:
                self.fragment = packet[offset + 2:offset + 4] != b"\0\0"
            elif kind == ROUTING and packet[offset + 2] == SRH_TYPE:
                if self.srh is None:
                    self.srh, self.names_srh = offset, field
            elif kind == ROUTING and packet[offset + 3] and self.unknown_routing is None:
                self.unknown_routing = offset
            field, kind = offset, packet[offset]
            offset += length
        self.upper, self.kind = offset, kind


class Node:
    """`sids` by 16 bytes; `route(destination)` gives (port, next hop) for 4 or 16 bytes, or raises Drop;
    `error_source(port)` and `inner_source(family)` are the addresses that ICMP errors come from; `locator` is a prefix
    in which there is nothing but the SIDs."""

    def __init__(self, sids, route, error_source, inner_source, locator):
        self.sids = {address(sid.address): sid for sid in sids}
        self.locator = address(locator)[:6]
        self.route, self.error_source, self.inner_source = route, error_source, inner_source

    def receive(self, packet, port):
        """What becomes of a packet that arrived: a list of ("drop", reason) and ("out", port, next hop, packet)."""
        self.looks = 0
        try:
            return [self.endpoint(packet[:Headers(packet).end])]  # frames may be padded
        except Drop as drop:
            told = [] if drop.error is None else [self.send(*drop.error(port))]
            return [("drop", drop.reason)] + told

    def send(self, packet):
        destination = packet[24:40] if packet[0] >> 4 == 6 else packet[16:20]
        out, hop = self.route(destination)
        return ("out", out, hop, packet)

    # RFC 4443: errors about an IPv6 packet, and RFC 792 about an IPv4 one.

    def _error6(self, body, packet, source):
        def make(port):
            own = source if source is not None else self.error_source(port)
            head = IPv6(src=own, dst=str(ipaddress.ip_address(packet[8:24])), hlim=64)
            return (raw(head / body / Raw(packet[:MOST_QUOTED])),)

        return make

    def parameter_problem(self, packet, code, pointer):
        reason = "srv6_upper_layer" if code == 4 else "srv6_segments_left"
        return Drop(reason, self._error6(ICMPv6ParamProblem(code=code, ptr=pointer), packet, None))

    def time_exceeded(self, packet):
        return Drop("hop_limit", self._error6(ICMPv6TimeExceeded(code=0), packet, None))

    def inner_time_exceeded(self, packet):
        if packet[0] >> 4 == 6:
            return Drop("hop_limit", self._error6(ICMPv6TimeExceeded(code=0), packet, self.inner_source(6)))

        def make(_port):
            source = str(ipaddress.ip_address(packet[12:16]))
            return (raw(IP(src=self.inner_source(4), dst=source, ttl=64, id=0) / ICMP(type=11, code=0) / Raw(packet)),)

        return Drop("hop_limit", make)

    # RFC 8986 section 4.

    def look(self):
        self.looks += 1
        if self.looks > MOST_LOOKS:
            raise Drop("too_many_passes")

    def endpoint(self, packet):
        self.look()
        headers = Headers(packet)
        sid = self.sids.get(packet[24:40])
        if sid is None:
            raise Drop("srv6_no_sid")
        if headers.unknown_routing is not None:  # RFC 8200 section 4.4
            raise self.parameter_problem(packet, 0, headers.unknown_routing + 2)
        if headers.srh is not None:
            left = packet[headers.srh + 3]
            if sid.behavior in ("End", "End.X"):
                if left != 0:
                    return self.end(packet, headers, sid)
                if "usp" in sid.flavors:  # 4.16.2, S03.1 to S03.4
                    packet = self.remove_srh(packet, headers)
                    headers = Headers(packet)
            elif left != 0:  # 4.4 to 4.8, S02, S03
                raise self.parameter_problem(packet, 0, headers.srh + 3)
        return self.upper_layer(packet, headers, sid)

    def end(self, packet, headers, sid):
        """4.1, S05 to S15, and 4.2."""
        srh = headers.srh
        if packet[7] <= 1:  # S05
            raise self.time_exceeded(packet)
        max_last = packet[srh + 1] // 2 - 1  # S08
        last, left = packet[srh + 4], packet[srh + 3]
        if last > max_last or left > last + 1:  # S09
            raise self.parameter_problem(packet, 0, srh + 3)
        changed = bytearray(packet)
        changed[7] -= 1  # S12
        left -= 1  # S13
        changed[srh + 3] = left
        changed[24:40] = packet[srh + 8 + 16 * left:srh + 24 + 16 * left]  # S14
        if left == 0 and "psp" in sid.flavors:  # 4.16.1, S14.1 to S14.4
            changed = self.remove_srh(bytes(changed), headers)
        if sid.behavior == "End.X":  # 4.2, S15
            return ("out", *sid.hop, bytes(changed))
        if changed[24:30] == self.locator:
            return self.endpoint(bytes(changed))
        self.look()
        return self.send(bytes(changed))  # S15

    def remove_srh(self, packet, headers):
        """4.16.1.2: next header of the preceding one, payload length, and the header itself."""
        changed = bytearray(packet)
        srh = headers.srh
        length = 8 * (packet[srh + 1] + 1)
        changed[headers.names_srh] = packet[srh]
        changed[4:6] = struct.pack("!H", struct.unpack("!H", packet[4:6])[0] - length)
        del changed[srh:srh + length]
        return bytes(changed)

    def upper_layer(self, packet, headers, sid):
        takes = {
            "End.DX4": (IPV4,), "End.DT4": (IPV4,), "End.DX6": (IPV6,), "End.DT6": (IPV6,),
            "End.DT46": (IPV4, IPV6),
        }.get(sid.behavior, (IPV4, IPV6) if "usd" in sid.flavors else ())  # 4.16.3
        if headers.fragment:
            raise Drop("srv6_upper_layer")
        if headers.kind == ICMPV6 and packet[headers.upper] == ECHO_REQUEST:
            return self.echo(packet, headers)
        if headers.kind not in takes:  # 4.1.1
            raise self.parameter_problem(packet, 4, headers.upper)
        self.look()
        inner = packet[headers.upper:headers.end]  # the outer header goes with all its extension headers
        self.check_inner(inner, 6 if headers.kind == IPV6 else 4)
        mark = LEAVES[traffic_class(inner) & 3][traffic_class(packet) & 3]
        if mark is None:
            raise Drop("ecn_mismatch")
        if mark != traffic_class(inner) & 3:
            inner = with_mark(inner, mark)
        if sid.hop is not None:
            return self.forward(inner, lambda: sid.hop)
        return self.forward(inner, lambda: self.route(inner[24:40] if inner[0] >> 4 == 6 else inner[16:20]))

    @staticmethod
    def check_inner(inner, family):
        """Version and lengths of what came out."""
        head = 40 if family == 6 else 20
        if len(inner) < head:
            raise Drop("truncated")
        if inner[0] >> 4 != family:
            raise Drop("bad_header")
        total = 40 + int.from_bytes(inner[4:6], "big") if family == 6 else int.from_bytes(inner[2:4], "big")
        if total > len(inner):
            raise Drop("truncated")

    def echo(self, packet, headers):
        """RFC 9259 section 2.2, RFC 4443 section 4.2: the SID answers, without the headers that led to it."""
        request = ICMPv6EchoRequest(packet[headers.upper:headers.end])
        sender, own = (str(ipaddress.ip_address(part)) for part in (packet[8:24], packet[24:40]))
        asked = ICMPv6EchoRequest(id=request.id, seq=request.seq, data=request.data)
        if raw(IPv6(src=sender, dst=own) / asked)[40:] != packet[headers.upper:headers.end]:
            raise Drop("bad_header")
        self.look()
        answer = ICMPv6EchoReply(id=request.id, seq=request.seq, data=request.data)
        return self.send(raw(IPv6(src=own, dst=sender, hlim=64) / answer))

    def headend(self, packet, policy):
        """5.1 and 5.2: H.Encaps and H.Encaps.Red of a packet that is forwarded (so that its hop limit goes down, S05)."""
        _, packet = self.forward(packet, lambda: ())
        segments, inner = policy.segments, IPV6 if packet[0] >> 4 == 6 else IPV4
        listed = segments[1:] if policy.reduced else segments
        outer = IPv6(src=policy.source, dst=segments[0], hlim=policy.hop_limit)
        outer.tc = traffic_class(packet) if policy.dscp is None else policy.dscp << 2 | traffic_class(packet) & 3
        if not listed:
            outer.nh = inner
            return self.send(raw(outer / Raw(packet)))
        header = IPv6ExtHdrSegmentRouting(addresses=listed[::-1], segleft=len(segments) - 1, lastentry=len(listed) - 1,
                                          nh=inner)
        return self.send(raw(outer / header / Raw(packet)))

    def forward(self, inner, way):
        inner = bytearray(inner)
        if inner[0] >> 4 == 6:
            if inner[7] <= 1:
                raise self.inner_time_exceeded(bytes(inner))
            inner[7] -= 1
            return ("out", *way(), bytes(inner))
        if inner[8] <= 1:
            raise self.inner_time_exceeded(bytes(inner))
        changed = IP(bytes(inner))
        changed.ttl -= 1
        del changed.chksum
        return ("out", *way(), raw(changed))
