/** The package's lower half, `netlink-ts/wire`: bytes from and to the kernel without a socket, for tools and tests. */
export { encodeAddress, encodeAddressQuery } from './addr.ts';
export { formatAddress, formatMac, parseAddress, parseMac, parsePrefix } from './bytes.ts';
export * from './codec.ts';
export { decodeEvent } from './events.ts';
export { encodeLinkQuery, encodeLinkSettings, encodeNewLink } from './link-change.ts';
export { encodeNeighbour, encodeNeighbourQuery } from './neigh.ts';
export { errorOf } from './requests.ts';
export { encodeRoute, encodeRouteQuery } from './route.ts';
export { encodeRule, encodeRuleQuery } from './rule.ts';
export { encodeMessage, type Message, messagesOf } from './socket.ts';
