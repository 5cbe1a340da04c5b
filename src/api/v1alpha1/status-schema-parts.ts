// The pieces that the schemas of every `status` are made of.
import type { StructuralSchema } from '../crd/structural-schema.ts';

/** A text; `maxLength` where the writer bounds it. */
export const text = (description: string, maxLength?: number): StructuralSchema => ({
  type: 'string',
  ...(maxLength === undefined ? {} : { maxLength }),
  description,
});

/** An instant, RFC 3339. */
export const time = (description: string): StructuralSchema => ({ type: 'string', format: 'date-time', description });

/** A whole number that is not negative. */
export const count = (description: string): StructuralSchema => ({
  type: 'integer',
  format: 'int64',
  minimum: 0,
  description,
});

/** `conditions`, as Kubernetes defines them (metav1.Condition). */
export function conditionsSchema(description: string, types: readonly string[]): StructuralSchema {
  return {
    type: 'array',
    description,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
    items: {
      type: 'object',
      required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'],
      properties: {
        type: { type: 'string', maxLength: 316, description: `One of ${types.join(', ')}.` },
        status: { type: 'string', enum: ['True', 'False', 'Unknown'] },
        observedGeneration: count('metadata.generation that was looked at.'),
        lastTransitionTime: time('When status last changed.'),
        reason: { type: 'string', minLength: 1, maxLength: 1024, description: 'Why, in one word, for programs.' },
        message: { type: 'string', maxLength: 32768, description: 'Why, for people.' },
      },
    },
  };
}
