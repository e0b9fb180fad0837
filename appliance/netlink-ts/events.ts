/** What a message of the kernel says, whichever table it is of. linux/rtnetlink.h */
import { type Address, decodeAddress, RTM_DELADDR, RTM_NEWADDR } from './addr.ts';
import { decodeLink, type Link } from './link.ts';
import { RTM_DELLINK, RTM_NEWLINK } from './link-tables.ts';
import { decodeNeighbour, type Neighbour, RTM_DELNEIGH, RTM_NEWNEIGH } from './neigh.ts';
import { decodeRoute, type Route, RTM_DELROUTE, RTM_NEWROUTE } from './route.ts';
import { decodeRule, RTM_DELRULE, RTM_NEWRULE, type Rule } from './rule.ts';

/** `new` means made or changed. */
export type EventAction = 'new' | 'del';

export type NetlinkEvent =
  | { readonly type: 'link'; readonly action: EventAction; readonly link: Link }
  | { readonly type: 'address'; readonly action: EventAction; readonly address: Address }
  | { readonly type: 'route'; readonly action: EventAction; readonly route: Route }
  | { readonly type: 'rule'; readonly action: EventAction; readonly rule: Rule }
  | { readonly type: 'neighbour'; readonly action: EventAction; readonly neighbour: Neighbour };

/**
 * Decodes the body of a message of type RTM_NEW… or RTM_DEL….
 *
 * @returns undefined for types and families this package does not know
 * @throws RangeError when the bytes are no such message
 */
export function decodeEvent(type: number, body: Uint8Array): NetlinkEvent | undefined {
  switch (type) {
    case RTM_NEWLINK:
    case RTM_DELLINK: {
      const link = decodeLink(body);
      return link && { type: 'link', action: type === RTM_NEWLINK ? 'new' : 'del', link };
    }
    case RTM_NEWADDR:
    case RTM_DELADDR: {
      const address = decodeAddress(body);
      return address && { type: 'address', action: type === RTM_NEWADDR ? 'new' : 'del', address };
    }
    case RTM_NEWROUTE:
    case RTM_DELROUTE: {
      const route = decodeRoute(body);
      return route && { type: 'route', action: type === RTM_NEWROUTE ? 'new' : 'del', route };
    }
    case RTM_NEWRULE:
    case RTM_DELRULE: {
      const rule = decodeRule(body);
      return rule && { type: 'rule', action: type === RTM_NEWRULE ? 'new' : 'del', rule };
    }
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH: {
      const neighbour = decodeNeighbour(body);
      return neighbour && { type: 'neighbour', action: type === RTM_NEWNEIGH ? 'new' : 'del', neighbour };
    }
    default:
      return undefined;
  }
}
