import type { ConfigWith, Feature } from '../../contract/feature.ts';
import { type FirewallConfig, FORWARD_DEFAULT, firewallSchema } from './schema.ts';

/** What plain routed traffic may do. */
export interface FirewallDesired {
  readonly forward: 'deny' | 'allow';
}

export const firewall: Feature<'firewall', FirewallConfig, FirewallDesired> = {
  name: 'firewall',
  schema: firewallSchema,
  check: () => [],
  plan: (config: ConfigWith<'firewall', FirewallConfig>) => ({
    own: { forward: config.firewall?.forward ?? FORWARD_DEFAULT },
  }),
};
