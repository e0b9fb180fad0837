/**
 * The same facts from two sides in one shape: `theirs` from iproute2's JSON, `ours` from netlink-ts. iproute2 is the
 * oracle; only names (of tables, protocols, devices) are translated here.
 */
import type { Address, Encap, Link, Neighbour, Route, Rule } from 'netlink-ts';

type Json = Readonly<Record<string, unknown>>;
type NameOf = (index: number | undefined) => string | undefined;

const list = (printed: unknown): Json[] => (printed as Json[]).filter((item) => Object.keys(item).length > 0);
const numberOf = (value: unknown): number => Number(value);
const without = (value: Json): Json =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

/** Flag words of `ip link` and our names. */
const linkFlagWords: Readonly<Record<string, keyof Link['flags']>> = {
  UP: 'up',
  BROADCAST: 'broadcast',
  LOOPBACK: 'loopback',
  POINTOPOINT: 'pointToPoint',
  NOARP: 'noArp',
  PROMISC: 'promiscuous',
  ALLMULTI: 'allMulticast',
  MULTICAST: 'multicast',
  LOWER_UP: 'lowerUp',
  DORMANT: 'dormant',
};
const operWords: Readonly<Record<string, Link['operState']>> = {
  UNKNOWN: 'unknown',
  NOTPRESENT: 'notPresent',
  DOWN: 'down',
  LOWERLAYERDOWN: 'lowerLayerDown',
  TESTING: 'testing',
  DORMANT: 'dormant',
  UP: 'up',
};
const generationWords: Readonly<Record<string, string>> = {
  eui64: 'eui64',
  none: 'none',
  stable_secret: 'stablePrivacy',
  random: 'random',
};

export const linkJson = {
  theirs: (printed: unknown) =>
    list(printed).map((item) => {
      const info = (item.linkinfo ?? {}) as Json;
      const data = (info.info_data ?? {}) as Json;
      const flags = (item.flags as string[]).filter((flag) => flag !== 'NO-CARRIER');
      return without({
        index: item.ifindex,
        name: item.ifname,
        altNames: item.altnames ?? [],
        flags: flags.map((flag) => linkFlagWords[flag] ?? flag).sort(),
        operState: operWords[String(item.operstate)],
        mtu: item.mtu,
        minMtu: item.min_mtu,
        maxMtu: item.max_mtu,
        mac: item.address,
        broadcast: item.broadcast,
        kind: info.info_kind,
        slaveKind: info.info_slave_kind,
        master: item.master,
        lower: item.link,
        vlan: info.info_kind === 'vlan' ? [data.id, data.protocol] : undefined,
        vxlan: info.info_kind === 'vxlan' ? vxlanOf(data) : undefined,
        bridge:
          info.info_kind === 'bridge'
            ? [data.stp_state === 1, data.ageing_time, data.vlan_filtering === 1, data.mcast_snooping === 1]
            : undefined,
        xdp: item.xdp === undefined ? undefined : xdpOf(item.xdp as Json),
        txQueues: item.num_tx_queues,
        rxQueues: item.num_rx_queues,
        txQueueLength: item.txqlen,
        promiscuity: item.promiscuity,
        addressGeneration: generationWords[String(item.inet6_addr_gen_mode)],
      });
    }),
  ours: (link: Link, nameOf: NameOf) =>
    without({
      index: link.index,
      name: link.name,
      altNames: link.altNames,
      // Running is left out by iproute2 when the link is up.
      flags: Object.keys(link.flags)
        .filter((flag) => flag !== 'running')
        .sort(),
      operState: link.operState,
      mtu: link.mtu,
      minMtu: link.minMtu,
      maxMtu: link.maxMtu,
      mac: link.mac,
      broadcast: link.broadcast,
      kind: link.kind,
      slaveKind: link.slaveKind,
      master: nameOf(link.master),
      lower: nameOf(link.lower),
      vlan: link.vlan && [link.vlan.id, link.vlan.protocol === 0x8100 ? '802.1Q' : '802.1ad'],
      vxlan: link.vxlan && {
        vni: link.vxlan.external ? undefined : link.vxlan.vni,
        local: link.vxlan.local,
        remote: link.vxlan.remote,
        port: link.vxlan.port,
        learning: link.vxlan.learning,
        external: link.vxlan.external,
      },
      bridge: link.bridge && [
        link.bridge.stp,
        link.bridge.ageingTimeCs,
        link.bridge.vlanFiltering ?? false,
        link.bridge.multicastSnooping ?? false,
      ],
      xdp: link.xdp && { mode: link.xdp.mode, programId: link.xdp.programId },
      txQueues: link.txQueues,
      rxQueues: link.rxQueues,
      txQueueLength: link.txQueueLength,
      promiscuity: link.promiscuity,
      addressGeneration: link.addressGeneration,
    }),
};

function vxlanOf(data: Json): Json {
  return {
    vni: data.external === true ? undefined : data.id,
    local: data.local ?? data.local6,
    remote: data.remote ?? data.remote6 ?? data.group ?? data.group6,
    port: data.port,
    learning: data.learning ?? false,
    external: data.external ?? false,
  };
}

function xdpOf(xdp: Json): Json {
  const modes: Readonly<Record<number, string>> = { 1: 'native', 2: 'generic', 3: 'offload', 4: 'multi' };
  return { mode: modes[numberOf(xdp.mode)], programId: (xdp.prog as Json | undefined)?.id };
}

const forever = 0xffffffff;

export const addressJson = {
  theirs: (printed: unknown) =>
    list(printed).flatMap((item) =>
      ((item.addr_info ?? []) as Json[]).map((each) =>
        without({
          index: item.ifindex,
          local: each.local,
          prefixLength: each.prefixlen,
          peer: each.address,
          broadcast: each.broadcast,
          label: each.label,
          scope: each.scope,
          tentative: each.tentative ?? false,
          noPrefixRoute: each.noprefixroute ?? false,
          noDad: each.nodad ?? false,
          validS: each.valid_life_time,
          preferredS: each.preferred_life_time,
        }),
      ),
    ),
  ours: (address: Address) =>
    without({
      index: address.index,
      local: address.local,
      prefixLength: address.prefixLength,
      peer: address.peer,
      broadcast: address.broadcast,
      label: address.label,
      scope: address.scope,
      tentative: address.flags.tentative ?? false,
      noPrefixRoute: address.flags.noPrefixRoute ?? false,
      noDad: address.flags.noDad ?? false,
      validS: address.validS ?? forever,
      preferredS: address.preferredS ?? forever,
    }),
};

const protocols: Readonly<Record<string, number>> = {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  ra: 9,
  bgp: 186,
};
const tables: Readonly<Record<string, number>> = { local: 255, main: 254, default: 253 };
const preferences: Readonly<Record<string, number>> = { medium: 0, high: 1, low: 3 };

const protocolOf = (value: unknown): number => protocols[String(value)] ?? numberOf(value);
const tableOf = (value: unknown): number | undefined =>
  value === undefined ? undefined : (tables[String(value)] ?? numberOf(value));

function destinationOf(text: string, six: boolean): string {
  if (text === 'default') return six ? '::/0' : '0.0.0.0/0';
  return text.includes('/') ? text : `${text}/${six ? 128 : 32}`;
}

function viaOf(item: Json): unknown {
  return item.gateway ?? (item.via as Json | undefined)?.host;
}

/** iproute2 shows no HMAC, and counters only when it is asked for them. */
const encapJson = {
  theirs: (item: Json) =>
    without({
      encap: item.encap,
      mode: item.mode,
      segments: item.segs ?? (item.srh as Json | undefined)?.segs,
      action: item.action,
      table: tableOf(item.table),
      vrfTable: item.vrftable,
      nh4: item.nh4,
      nh6: item.nh6,
      iif: item.iif,
      oif: item.oif,
      flavors: item.flavors,
      blockBits: item.lblen,
      nodeBits: item.nflen,
    }),
  ours: (encap: Encap | undefined, nameOf: NameOf): Json => {
    if (encap === undefined) return {};
    if (encap.type === 'seg6') return { encap: 'seg6', mode: encap.mode, segments: encap.segments };
    if (encap.type !== 'seg6local') return { encap: encap.type };
    const { psp, usp, usd, nextCsid } = encap.flavors ?? {};
    const flavors = Object.entries({ psp, usp, usd, 'next-csid': nextCsid }).flatMap(([name, set]) =>
      set ? [name] : [],
    );
    return without({
      encap: 'seg6local',
      segments: encap.segments,
      action: encap.action,
      table: encap.table,
      vrfTable: encap.vrfTable,
      nh4: encap.nh4,
      nh6: encap.nh6,
      iif: encap.iif === undefined ? undefined : nameOf(encap.iif),
      oif: encap.oif === undefined ? undefined : nameOf(encap.oif),
      flavors: encap.flavors === undefined ? undefined : flavors,
      blockBits: encap.blockBits,
      nodeBits: encap.nodeBits,
    });
  },
};

export const routeJson = {
  /** `six` for lists in which only a default route stands. */
  theirs: (printed: unknown, six?: boolean) => {
    const items = list(printed);
    const isSix = six ?? items.some((item) => String(item.dst).includes(':'));
    return items.map((item) =>
      without({
        destination: destinationOf(String(item.dst), isSix),
        type: item.type ?? 'unicast',
        protocol: protocolOf(item.protocol),
        scope: item.scope,
        priority: item.metric ?? 0,
        via: viaOf(item),
        dev: item.dev,
        preferredSource: item.prefsrc,
        mtu: ((item.metrics as Json[] | undefined) ?? [])[0]?.mtu,
        onLink: ((item.flags as string[] | undefined) ?? []).includes('onlink'),
        nextHops: (item.nexthops as Json[] | undefined)?.map((hop) => [
          viaOf(hop),
          hop.dev,
          hop.weight,
          encapJson.theirs(hop),
        ]),
        preference: item.pref === undefined ? undefined : preferences[String(item.pref)],
        encap: encapJson.theirs(item),
      }),
    );
  },
  ours: (route: Route, nameOf: NameOf) =>
    without({
      destination: route.destination,
      type: route.type,
      protocol: route.protocol,
      scope: route.scope,
      priority: route.priority,
      via: route.via,
      dev: nameOf(route.index),
      preferredSource: route.preferredSource,
      mtu: route.mtu,
      onLink: route.flags.onLink ?? false,
      nextHops: route.nextHops?.map((hop) => [
        hop.via,
        nameOf(hop.index),
        hop.weight,
        encapJson.ours(hop.encap, nameOf),
      ]),
      preference: route.preference,
      encap: encapJson.ours(route.encap, nameOf),
    }),
};

const ipProtocols: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58 };

function prefixOf(text: unknown, length: unknown): string | undefined {
  if (text === undefined || text === 'all') return undefined;
  return `${String(text)}/${String(length ?? (String(text).includes(':') ? 128 : 32))}`;
}

function portsOf(item: Json, side: 'sport' | 'dport'): readonly [unknown, unknown] | undefined {
  const first = item[`${side}_start`] ?? item[side];
  return first === undefined ? undefined : [first, item[`${side}_end`] ?? first];
}

export const ruleJson = {
  theirs: (printed: unknown) =>
    list(printed).map((item) =>
      without({
        priority: item.priority,
        action: item.action ?? 'lookup',
        table: tableOf(item.table),
        source: prefixOf(item.src, item.srclen),
        destination: prefixOf(item.dst, item.dstlen),
        inputDevice: item.iif,
        outputDevice: item.oif,
        mark: item.fwmark === undefined ? undefined : numberOf(item.fwmark),
        markMask: item.fwmask === undefined ? undefined : numberOf(item.fwmask),
        invert: 'not' in item ? true : undefined,
        suppressPrefixLength: item.suppress_prefixlen,
        ipProtocol: item.ipproto === undefined ? undefined : ipProtocols[String(item.ipproto)],
        sourcePorts: portsOf(item, 'sport'),
        destinationPorts: portsOf(item, 'dport'),
        protocol: protocolOf(item.protocol),
      }),
    ),
  ours: (rule: Rule) =>
    without({
      priority: rule.priority,
      action: rule.action,
      table: rule.table,
      source: rule.source,
      destination: rule.destination,
      inputDevice: rule.inputDevice,
      outputDevice: rule.outputDevice,
      mark: rule.mark,
      // All bits is not worth a word to iproute2.
      markMask: rule.markMask === 0xffffffff ? undefined : rule.markMask,
      invert: rule.invert,
      suppressPrefixLength: rule.suppressPrefixLength,
      ipProtocol: rule.ipProtocol,
      sourcePorts: rule.sourcePorts && [rule.sourcePorts.first, rule.sourcePorts.last],
      destinationPorts: rule.destinationPorts && [rule.destinationPorts.first, rule.destinationPorts.last],
      protocol: rule.protocol,
    }),
};

export const neighbourJson = {
  theirs: (printed: unknown) =>
    list(printed).map((item) =>
      without({
        address: item.dst,
        mac: item.lladdr,
        state: 'proxy' in item ? 'none' : String((item.state as string[])[0]).toLowerCase(),
        flags: ['managed', 'proxy', 'router', 'extern_learn'].filter((flag) => flag in item),
      }),
    ),
  ours: (neighbour: Neighbour) => {
    const { managed, proxy, router, externLearned } = neighbour.flags;
    const flags = { managed, proxy, router, extern_learn: externLearned };
    return without({
      address: neighbour.address,
      mac: neighbour.mac,
      // A proxy has no state of its own.
      state: neighbour.flags.proxy ? 'none' : neighbour.state,
      flags: Object.entries(flags)
        .filter(([, set]) => set)
        .map(([name]) => name),
    });
  },
};
