/** Between SRv6 and plain links: one pass through the gateway, one session, and the same way back. */
import { suite } from '../kit/suite.ts';
import { type Chain, carries } from './carry.ts';
import { branch4, branch6, client6, nat64Of, nat64Pool, red4, red6, server4, server6, srv6Path } from './scene.ts';

const test = suite('chains: SRv6');

const chains: readonly Chain[] = [
  {
    name: 'SRv6 in, NAT64, out',
    from: 'branch',
    to: 'server',
    address: nat64Of(server4),
    session: {
      feature: 'nat64',
      instance: 'main',
      inside: branch6,
      outside: nat64Pool,
      destination: server4,
      insidePath: srv6Path[6],
    },
    whence: 'main  in core srv6',
  },
  {
    name: 'SRv6 in, source NAT, out, IPv4',
    from: 'branch',
    to: 'server',
    address: server4,
    session: {
      feature: 'egress',
      instance: 'red',
      policy: 'branch',
      inside: branch4,
      outside: red4,
      destination: server4,
      insidePath: srv6Path[4],
    },
    whence: 'policy branch  in core srv6',
  },
  {
    name: 'SRv6 in, source NAT, out, IPv6',
    from: 'branch',
    to: 'server',
    address: server6,
    session: {
      feature: 'egress',
      instance: 'red',
      policy: 'branch',
      inside: branch6,
      outside: red6,
      destination: server6,
      insidePath: srv6Path[6],
    },
    whence: 'policy branch  in core srv6',
  },
  {
    name: 'in, NAT64, SRv6 out',
    from: 'client',
    to: 'branch',
    address: nat64Of(branch4),
    session: {
      feature: 'nat64',
      instance: 'main',
      inside: client6,
      outside: nat64Pool,
      destination: branch4,
      outsidePath: srv6Path[4],
    },
    whence: 'main  in lan',
  },
];

test.each(chains, ({ name }) => name, carries);

test.run();
