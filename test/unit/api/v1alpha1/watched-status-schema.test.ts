import { expect, it } from 'vitest';
import type { StructuralSchema } from '../../../../src/api/crd/structural-schema.ts';
import type { WatchedStatus } from '../../../../src/api/v1alpha1/watched-status.ts';
import { watchedStatusSchema } from '../../../../src/api/v1alpha1/watched-status-schema.ts';

type Full<T> = T extends readonly (infer Item)[]
  ? Full<Item>[]
  : T extends object
    ? { [K in keyof T]-?: Full<T[K]> }
    : T;

const revision = {
  revision: 2,
  status: 'deployed',
  chart: 'bookstore-0.1.0',
  appVersion: '1',
  digest: 'sha256-1',
  contentDigest: 'c',
  firstDeployed: '2026-11-22T20:00:00Z',
  lastDeployed: '2026-11-22T20:00:00Z',
} as const;

/** The compiler asks for every field here, so the schema cannot forget one that the types have. */
const status: Full<WatchedStatus> = {
  observedGeneration: 1,
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      observedGeneration: 1,
      lastTransitionTime: '2026-11-22T20:00:00Z',
      reason: 'WorkloadsReady',
      message: 'ready',
    },
  ],
  release: { name: 'x', namespace: 'y', ...revision },
  history: [revision],
  inventory: [
    {
      group: 'apps',
      kind: 'Deployment',
      namespace: 'y',
      name: 'x',
      uid: 'u',
      generation: 1,
      ttlSecondsAfterFinished: 0,
      appliedHash: 'h',
    },
  ],
  failures: 0,
  lastFailure: {
    digest: 'd',
    action: 'upgrade',
    reason: 'UpgradeFailed',
    message: 'no',
    isTerminal: true,
    isPassing: true,
    revision: 2,
    inRow: 3,
    forceRequestedAt: 'now',
    time: '2026-11-22T20:00:00Z',
  },
  readyRevision: 1,
  unreadySince: '2026-11-22T20:00:00Z',
  lastHandledReconcileAt: 'now',
  lastHandledForceAt: 'now',
};

it('describes every field of the status type, and no other', () => {
  expect(shapeOfSchema(watchedStatusSchema)).toEqual(shapeOfValue(status));
});

function shapeOfSchema(schema: StructuralSchema): unknown {
  if (schema.items !== undefined) return [shapeOfSchema(schema.items)];
  if (schema.properties === undefined) return schema.type;
  return Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, shapeOfSchema(field)]));
}

function shapeOfValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOfValue);
  if (typeof value === 'number') return 'integer';
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shapeOfValue(field)]));
}
