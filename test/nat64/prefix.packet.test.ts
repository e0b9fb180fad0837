/** Golden packets: translation prefixes of every length that RFC 6052 allows. */
import { PacketGateway } from '../kit/datapath.ts';
import { suite } from '../kit/suite.ts';
import { devices, interfaces, tierTests } from './packets.ts';

const config = `${interfaces}
nat64:
  a: {pool6: "2001:dbd::/32", pool4: [{addresses: 198.51.100.32, ports: 2000-2000}], limits: {sessions: 512}}
  b: {pool6: "2001:db9:6400::/40", pool4: [{addresses: 198.51.100.40, ports: 2000-2000}], limits: {sessions: 512}}
  c: {pool6: "2001:dba:122::/48", pool4: [{addresses: 198.51.100.48, ports: 2000-2000}], limits: {sessions: 512}}
  d: {pool6: "2001:dbb:122:300::/56", pool4: [{addresses: 198.51.100.56, ports: 2000-2000}], limits: {sessions: 512}}
  e: {pool6: "2001:dbc:122:344::/64", pool4: [{addresses: 198.51.100.64, ports: 2000-2000}], limits: {sessions: 512}}
  f: {pool6: "64:ff9b::/96", pool4: [{addresses: 198.51.100.96, ports: 2000-2000}], limits: {sessions: 512}}
`;

const test = suite('nat64: prefixes');
tierTests(test, ['nat64/prefix'], () => PacketGateway.open(config, devices));
test.run();
