#!/usr/bin/python3
"""Writes captured.txt: what iproute2 and the kernel say to each other, as strace sees it.

Usage, as root: unshare --net test/netlink/capture.py > test/netlink/captured.txt

A block is a command after '#', the requests it sent after '>', the messages it received after '<' (bytes in
hexadecimal, acknowledgements and look-ups of devices left out) and after '=' what iproute2 made of them (JSON).
Integers are in the byte order of the machine: little-endian.
"""
import re
import subprocess
import tempfile

REQUESTS = """
ip link add v0 mtu 1400 address 02:00:00:00:00:01 numtxqueues 2 numrxqueues 3 type veth peer name v1 mtu 1300
ip link add br0 type bridge ageing_time 12000
ip link add br1 type bridge vlan_filtering 1 mcast_snooping 0 stp_state 1
ip link add vx4 type vxlan id 42 dstport 4789 local 192.0.2.1 remote 192.0.2.2 nolearning
ip link add vx6 type vxlan id 43 dstport 8472 local 2001:db8::1 remote 2001:db8::2 ttl 64
ip link add vxe type vxlan external dstport 4789
ip link add link v0 name v0.100 type vlan id 100
ip link add link v0 name v0.200 type vlan protocol 802.1ad id 200
ip link add vrf0 type vrf table 1234
ip link add d0 type dummy
ip link set v0 up mtu 1450
ip link set v0 down
ip link set v0 address 02:00:00:00:00:02
ip link set v1 master br0
ip link set v1 nomaster
ip link set v1 addrgenmode none
ip link del vx4
ip link set v0 up
ip link set v1 up
ip link set br0 up
ip addr add 192.0.2.1/24 broadcast 192.0.2.255 dev v0
ip addr add 192.0.2.130/32 peer 192.0.2.131 dev v0 noprefixroute
ip addr add 2001:db8::1/64 dev v0 nodad
ip addr add 2001:db8::2/64 dev v0 nodad valid_lft 600 preferred_lft 300
ip addr del 192.0.2.130/32 peer 192.0.2.131 dev v0
ip route replace 198.51.100.0/24 via 192.0.2.2 dev v0 table 77 metric 5 mtu 1400
ip route replace 203.0.113.0/24 dev v0 table 1000
ip route replace blackhole 198.18.0.0/15 table 77
ip route replace 198.51.101.0/24 nexthop via 192.0.2.2 dev v0 weight 3 nexthop via 192.0.2.3 dev v0 weight 1
ip route replace 198.51.102.0/24 via inet6 2001:db8::9 dev v0
ip route replace default via 10.1.1.1 dev v0 onlink
ip -6 route replace 2001:db8:1::/48 via 2001:db8::9 dev v0 table 78 metric 7 mtu 1280 proto 186
ip -6 route replace blackhole 64:ff9b::/96
ip -6 route replace 2001:db8:2::/48 nexthop via 2001:db8::9 dev v0 nexthop via 2001:db8::a dev v0
ip -6 route replace 2001:db8:a::/48 table 79 encap seg6 mode encap segs 2001:db8:f::1,2001:db8:f::2,2001:db8:f::3 dev v0
ip -6 route replace 2001:db8:b::/48 table 79 encap seg6 mode encap.red segs 2001:db8:f::1 dev v0
ip -6 route replace 2001:db8:c::/48 table 79 encap seg6 mode inline segs 2001:db8:f::1 dev v0
ip -6 route replace 2001:db8:d::/48 table 79 encap seg6 mode l2encap segs 2001:db8:f::1 dev v0
ip -6 route replace 2001:db8:e::/48 table 79 encap seg6 mode encap segs 2001:db8:f::1 hmac 7 dev v0
ip route replace 198.18.0.0/15 table 79 encap seg6 mode encap.red segs 2001:db8:f::1,2001:db8:f::2 dev v0
ip -6 route replace 2001:db8:5::1/128 table 79 encap seg6local action End dev v0
ip -6 route replace 2001:db8:5::2/128 table 79 encap seg6local action End flavors psp dev v0
ip -6 route replace 2001:db8:5::3/128 table 79 encap seg6local action End flavors next-csid lblen 32 nflen 16 dev v0
ip -6 route replace 2001:db8:5::4/128 table 79 encap seg6local action End.X nh6 2001:db8::9 oif v0 dev v0
ip -6 route replace 2001:db8:5::5/128 table 79 encap seg6local action End.T table 77 dev v0
ip -6 route replace 2001:db8:5::6/128 table 79 encap seg6local action End.DX2 oif v0 dev v0
ip -6 route replace 2001:db8:5::7/128 table 79 encap seg6local action End.DX4 nh4 192.0.2.2 dev v0
ip -6 route replace 2001:db8:5::8/128 table 79 encap seg6local action End.DX6 nh6 2001:db8::9 dev v0
ip -6 route replace 2001:db8:5::9/128 table 79 encap seg6local action End.DT6 table 77 dev v0
ip -6 route replace 2001:db8:5::a/128 table 79 encap seg6local action End.DT4 vrftable 77 dev v0
ip -6 route replace 2001:db8:5::b/128 table 79 encap seg6local action End.DT46 vrftable 77 dev v0
ip -6 route replace 2001:db8:5::c/128 table 79 encap seg6local action End.B6.Encaps srh segs 2001:db8:f::1,2001:db8:f::2 dev v0
ip -6 route replace 2001:db8:5::d/128 table 79 encap seg6local action End flavors psp,usp,usd dev v0
ip route del 198.51.100.0/24 table 77
ip -6 route del 2001:db8:1::/48 table 78
ip rule add priority 100 from 192.0.2.0/24 to 198.51.100.0/24 iif v0 fwmark 0x10/0xff lookup 77
ip -6 rule add priority 101 not from 2001:db8::/32 lookup 1000 suppress_prefixlength 0
ip rule add priority 102 ipproto udp sport 1000-2000 dport 53 blackhole
ip -6 rule del priority 101
ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:99 dev v0 nud permanent
ip neigh replace 192.0.2.3 dev v0 managed
ip -6 neigh replace 2001:db8::9 lladdr 02:00:00:00:00:98 dev v0 nud reachable router
ip -6 neigh replace proxy 2001:db8::77 dev v0
ip neigh del 192.0.2.2 dev v0
bridge fdb replace 02:00:00:00:00:97 dev v0 self permanent
"""

SETUP = """
ip link set v1 master br0
ip route replace 198.51.100.0/24 via 192.0.2.2 dev v0 table 77 metric 5 mtu 1400
ip -6 route replace 2001:db8:1::/48 via 2001:db8::9 dev v0 table 78 metric 7 mtu 1280 proto 186
ip -6 route replace 2001:db8:f::/48 table 79 nexthop encap seg6 mode encap segs 2001:db8:f::1 via 2001:db8::9 dev v0 weight 3 nexthop encap seg6 mode encap.red segs 2001:db8:f::2 via 2001:db8::a dev v0
ip -6 rule add priority 101 not from 2001:db8::/32 lookup 1000 suppress_prefixlength 0
ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:99 dev v0 nud permanent
"""

QUERIES = """
ip -j -d link show
ip -j addr show dev v0
ip -j -d route show table 77
ip -j -d route show table main
ip -j -d -6 route show table 78
ip -j -d -6 route show table main
ip -j -d route show table 79
ip -j -d -6 route show table 79
ip -j -d rule show
ip -j -d -6 rule show
ip -j neigh show dev v0
ip -j -6 neigh show dev v0
ip -j -6 neigh show proxy
"""

# Errors and ends are no news; iproute2 asks for devices by RTM_GETLINK and probes with an empty RTM_NEWLINK.
SKIPPED_REPLIES = (2, 3)
RTM_NEWLINK = 16
RTM_GETLINK = 18


def messages(data):
    while len(data) >= 16:
        length = int.from_bytes(data[0:4], 'little')
        yield data[:length]
        data = data[(length + 3) & ~3:]


def kind(message):
    return int.from_bytes(message[4:6], 'little')


def traced(command):
    with tempfile.NamedTemporaryFile('r') as log:
        descriptors = ','.join(str(number) for number in range(3, 10))
        done = subprocess.run(
            ['strace', '-o', log.name, '-e', 'trace=sendmsg,sendto,recvmsg',
             '-e', f'write={descriptors}', '-e', f'read={descriptors}', *command.split()],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        sent, received, current = [], [], None
        for line in log:
            dump = re.match(r' \| [0-9a-f]+  ((?:[0-9a-f]{2} +)+)', line)
            if dump and current is not None:
                current.extend(bytes.fromhex(dump.group(1)))
            elif re.match(r'(sendmsg|sendto)\(', line):
                current = bytearray()
                sent.append(current)
            elif line.startswith('recvmsg('):
                current = bytearray()
                received.append(current)
    return sent, received, done.stdout


def main():
    print('# iproute2: ' + subprocess.check_output(['ip', '-V'], text=True).strip()
          + ', Linux ' + subprocess.check_output(['uname', '-r'], text=True).strip())
    subprocess.run('ip link set lo up', shell=True, check=True)
    for command in REQUESTS.strip().splitlines():
        sent, _, _ = traced(command)
        print(f'\n# {command}')
        for data in sent:
            if kind(data) != RTM_GETLINK and any(data[20:]):
                print('> ' + bytes(data).hex())
    for command in SETUP.strip().splitlines():
        subprocess.run(command.split(), check=True)
    for command in QUERIES.strip().splitlines():
        _, received, printed = traced(command)
        print(f'\n# {command}')
        for data in received:
            for message in messages(bytes(data)):
                if kind(message) not in SKIPPED_REPLIES and (kind(message) != RTM_NEWLINK or 'link' in command):
                    print('< ' + message.hex())
        print('= ' + printed.strip())


main()
