import { type Static, Type } from 'typebox';
import { oneOf, text } from '../../contract/schema.ts';

export const routeSchema = Type.Object(
  {
    to: text('route-destination', {
      description: 'Destination: default, or a prefix. The family of default is that of via.',
      examples: ['default', '10.20.0.0/16'],
    }),
    via: Type.Optional(
      text('ip-address', {
        description: 'Next hop, an address in a network of an interface.',
        examples: ['198.51.100.1'],
      }),
    ),
    type: Type.Optional(
      oneOf(['unicast', 'blackhole'], {
        description:
          'unicast: to the next hop. blackhole: dropped without an answer, such as an own range that is not in use.',
        default: 'unicast',
      }),
    ),
    tenant: Type.Optional(
      Type.String({
        description: 'Name of a tenant: the route stands in its table. Left out: in the main table.',
        examples: ['red'],
      }),
    ),
  },
  { additionalProperties: false, description: 'One route.' },
);

export const routesSchema = Type.Array(routeSchema, {
  description: 'Routes of the kernel. Routes that others put there stay as they are.',
  examples: [[{ to: 'default', via: '198.51.100.1' }]],
});

export type RouteConfig = Static<typeof routeSchema>;
export type RoutesConfig = Static<typeof routesSchema>;
