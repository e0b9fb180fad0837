import { type TSchema, Type } from 'typebox';
import type { Feature } from './feature.ts';

/** The part of the document that belongs to no feature. */
export const systemSchema = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
        errorMessage: 'A gateway name is a host name label: 1 to 63 small letters, digits or "-"',
        description: 'Name of the gateway, in status, logs and metrics.',
        default: 'sixgate',
        examples: ['edge-a'],
      }),
    ),
  },
  { additionalProperties: false, description: 'The gateway as a whole.' },
);

/**
 * The one schema of the document (JSON Schema 2020-12): file, API, editor completion and `sixgate schema` read it.
 * @param features the list of features/index.ts
 */
export function configurationSchema(features: readonly Feature[]): TSchema {
  const parts = Object.fromEntries(features.map((feature) => [feature.name, Type.Optional(feature.schema)]));
  return Type.Object(
    {
      version: Type.Literal(1, { description: 'Version of the document format. Always 1.', examples: [1] }),
      system: Type.Optional(systemSchema),
      ...parts,
    },
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://sixgate.io/schema/v1.json',
      title: 'Sixgate',
      description: 'One document is one gateway.',
      additionalProperties: false,
    },
  );
}
