/** Out of VXLAN, plainly or into SRv6: one pass through the gateway, one session, and the same way back. */
import { suite } from '../kit/suite.ts';
import { type Chain, carries } from './carry.ts';
import {
  blue4,
  blue6,
  branch4,
  branch6,
  nat64Of,
  nat64Pool,
  pod4,
  pod6,
  server4,
  srv6Path,
  vxlanPath,
} from './scene.ts';

const test = suite('chains: VXLAN');

const pods = { table: 'prod-a', identity: 12_077, insidePath: vxlanPath } as const;
const chains: readonly Chain[] = [
  {
    name: 'VXLAN in, source NAT, SRv6 out, IPv4',
    from: 'pod',
    to: 'branch',
    address: branch4,
    session: {
      feature: 'egress',
      instance: 'blue',
      policy: 'pods',
      ...pods,
      inside: pod4,
      outside: blue4,
      destination: branch4,
      outsidePath: srv6Path[4],
    },
    whence: 'policy pods  in under vxlan prod-a identity 12077',
  },
  {
    name: 'VXLAN in, source NAT, SRv6 out, IPv6',
    from: 'pod',
    to: 'branch',
    address: branch6,
    session: {
      feature: 'egress',
      instance: 'blue',
      policy: 'pods',
      ...pods,
      inside: pod6,
      outside: blue6,
      destination: branch6,
      outsidePath: srv6Path[6],
    },
    whence: 'policy pods  in under vxlan prod-a identity 12077',
  },
  {
    name: 'VXLAN in, NAT64, out',
    from: 'pod',
    to: 'server',
    address: nat64Of(server4),
    session: {
      feature: 'nat64',
      instance: 'main',
      ...pods,
      inside: pod6,
      outside: nat64Pool,
      destination: server4,
    },
    whence: 'main  in under vxlan prod-a identity 12077',
  },
  {
    name: 'VXLAN in, NAT64, SRv6 out',
    from: 'pod',
    to: 'branch',
    address: nat64Of(branch4),
    session: {
      feature: 'nat64',
      instance: 'main',
      ...pods,
      inside: pod6,
      outside: nat64Pool,
      destination: branch4,
      outsidePath: srv6Path[4],
    },
    whence: 'main  in under vxlan prod-a identity 12077',
  },
];

test.each(chains, ({ name }) => name, carries);

test.run();
