import { readFileSync } from 'node:fs';
import { assert, seen, suite } from '../../test/kit/suite.ts';
import { configSchema } from '../features/index.ts';
import { apiRoutes } from './api.ts';
import { withDefaults } from './defaults.ts';
import { everyPath, explain } from './explain.ts';

const test = suite('contract: the schema explains itself');
const paths = everyPath(configSchema);

test('every key is listed once, in the order of the document', () => {
  assert.equal(paths.slice(0, 6), [
    'version',
    'system',
    'system.name',
    'interfaces',
    'interfaces.NAME',
    'interfaces.NAME.device',
  ]);
  assert.is(new Set(paths).size, paths.length);
  assert.ok(paths.includes('nat64.NAME.pool4[].ports'));
});

test('every key has a description that is a sentence', () => {
  for (const path of paths) {
    seen('key', path);
    assert.match(explain(configSchema, path)?.description ?? '', /^.{8,}\.$/, path);
  }
});

test('the guide explains every key', () => {
  const guide = readFileSync(new URL('../../../docs/guide/configuration.md', import.meta.url), 'utf8');
  for (const path of paths.filter((key) => !key.endsWith('NAME'))) {
    const key = path.replaceAll('.NAME', '.*').replaceAll('[]', '');
    assert.ok(guide.includes(`\`${key}\``), key);
  }
});

test('a path may have names and indices', () => {
  const ports = explain(configSchema, 'nat64.main.pool4[0].ports');
  assert.equal(ports, {
    path: 'nat64.NAME.pool4[].ports',
    type: 'port-range',
    description: 'Ports and ICMP identifiers that sessions get on these addresses.',
    required: false,
    default: '1024-65535',
    examples: ['2048-65535'],
    keys: [],
  });
  assert.is(
    explain(configSchema, 'interfaces.lan.role')?.type,
    'inside | outside | core | management, or list of inside | outside | core | management',
  );
  assert.is(explain(configSchema, 'nat64.x')?.keys.find(({ name }) => name === 'pool6')?.required, true);
  assert.equal(
    explain(configSchema, '')?.keys.map(({ name }) => name),
    ['version', 'system', 'interfaces', 'tenants', 'routes', 'firewall', 'nat64', 'srv6', 'vxlan', 'egress'],
  );
});

test('a path that is none', () => {
  assert.is(explain(configSchema, 'nat46'), undefined);
  assert.is(explain(configSchema, 'nat64.main.pool5'), undefined);
  assert.is(explain(configSchema, 'system.constructor'), undefined);
});

test('defaults can be written out', () => {
  const config = {
    version: 1,
    interfaces: { lan: { role: 'inside' } },
    nat64: { main: { timeouts: { udp: '2m' }, pool4: [{}] } },
  };
  assert.equal(withDefaults(configSchema, config), {
    version: 1,
    system: { name: 'sixgate' },
    interfaces: { lan: { role: 'inside', xdp: 'auto' } },
    firewall: { forward: 'deny' },
    nat64: {
      main: {
        timeouts: { udp: '2m', tcpEstablished: '2h4m', tcpTransitory: '4m', tcpIncomingSyn: '6s', icmp: '1m' },
        pool4: [{ ports: '1024-65535' }],
        limits: { sessions: 262144 },
      },
    },
    srv6: { outer: { hopLimit: 64, dscp: 'copy' } },
  });
  assert.equal(config.interfaces.lan, { role: 'inside' });
});

test('the routes of the API are data', () => {
  const routes = Object.values(apiRoutes);
  assert.equal([...new Set(routes.map(({ method, path }) => `${method} ${path}`))].length, routes.length);
  for (const route of routes) assert.match(route.path, /^\/v1\/[a-z0-9/]+$/);
});

test.run();
