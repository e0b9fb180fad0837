import { type Static, Type } from 'typebox';
import { oneOf } from '../../contract/schema.ts';

export const FORWARD_DEFAULT = 'deny';

export const firewallSchema = Type.Object(
  {
    forward: Type.Optional(
      oneOf(['deny', 'allow'], {
        description:
          'Routed packets that no feature claims: deny drops them, allow leaves them to the kernel. Translated traffic answers to its own feature.',
        default: FORWARD_DEFAULT,
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Plain routed traffic between the interfaces that the data path serves.',
  },
);

export type FirewallConfig = Static<typeof firewallSchema>;
