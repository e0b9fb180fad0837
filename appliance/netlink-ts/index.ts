/** Typed rtnetlink for Node: links, addresses, routes, rules, neighbours, and the kernel's events about them. */
export type { Address, AddressFlags, NewAddress, Scope } from './addr.ts';
export type { Family } from './bytes.ts';
export type { RawAttribute } from './codec.ts';
export type { Encap, OtherEncap, Seg6Action, Seg6Encap, Seg6Flavors, Seg6LocalEncap, Seg6Mode } from './encap.ts';
export { NetlinkError } from './error.ts';
export type { EventAction, NetlinkEvent } from './events.ts';
export type { AddressGeneration, BridgeFacts, Link, LinkStatistics, LinkXdp, OperState, VxlanFacts } from './link.ts';
export type {
  LinkSettings,
  LinkSpec,
  NewBridge,
  NewDummy,
  NewLink,
  NewVeth,
  NewVlan,
  NewVrf,
  NewVxlan,
} from './link-change.ts';
export { type MonitorGroup, type MonitorOptions, RtnetlinkMonitor } from './monitor.ts';
export type {
  Neighbour,
  NeighbourFamily,
  NeighbourFilter,
  NeighbourFlags,
  NeighbourState,
  NewNeighbour,
} from './neigh.ts';
export { networkNamespaceCookie } from './netns.ts';
export type { RequestCounters } from './requests.ts';
export type { HopFlags, NewNextHop, NewRoute, NextHop, Route, RouteFilter, RouteType } from './route.ts';
export { Rtnetlink, type RtnetlinkOptions } from './rtnetlink.ts';
export type { NewRule, PortRange, Rule, RuleAction, RuleSpec } from './rule.ts';
export type { Waiter } from './socket.ts';
