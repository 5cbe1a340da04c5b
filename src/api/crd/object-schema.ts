// The schema of a whole object: spec and status in what every object has.
import type { StructuralSchema } from './structural-schema.ts';

/** The parts, and whatever else stands at the root; `properties` are made here. */
export type ObjectSchemaParts = Omit<StructuralSchema, 'type' | 'properties'> & {
  readonly spec: StructuralSchema;
  readonly status: StructuralSchema;
};

/** Puts them together. */
export function objectSchema({ spec, status, description, ...root }: ObjectSchemaParts): StructuralSchema {
  return {
    ...(description === undefined ? {} : { description }),
    type: 'object',
    ...root,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec,
      status,
    },
  };
}
