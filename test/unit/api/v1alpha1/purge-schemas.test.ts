import { expect, it } from 'vitest';
import { purgeCrds } from '../../../../src/api/crd/purge-crds.ts';
import type { StructuralSchema } from '../../../../src/api/crd/structural-schema.ts';
import type { PurgePolicyStatus } from '../../../../src/api/v1alpha1/purge-policy.ts';
import { purgePolicySchema } from '../../../../src/api/v1alpha1/purge-policy-schema.ts';
import type { PurgeRunSpec, PurgeRunStatus } from '../../../../src/api/v1alpha1/purge-run.ts';
import { purgeRunSchema } from '../../../../src/api/v1alpha1/purge-run-schema.ts';

type Full<T> = T extends readonly (infer Item)[]
  ? Full<Item>[]
  : T extends object
    ? { [K in keyof T]-?: Full<T[K]> }
    : T;

const condition = {
  status: 'True',
  observedGeneration: 1,
  lastTransitionTime: '2026-11-22T20:00:00Z',
  reason: 'Done',
  message: 'done',
} as const;

/** The compiler asks for every field here, so the schemas cannot forget one that the types have. */
const runSpec: Full<PurgeRunSpec> = { policy: 'nightly', dryRun: true, namespaces: ['team-a'] };
const runStatus: Full<PurgeRunStatus> = {
  phase: 'Failed',
  conditions: [{ type: 'Failed', ...condition }],
  policy: { uid: 'u', generation: 1 },
  serviceAccount: 'purger',
  undoRetentionMs: 604_800_000,
  requestedBy: 'somebody',
  worker: 'host-1',
  startedAt: '2026-11-22T20:00:00Z',
  completedAt: '2026-11-22T20:01:00Z',
  planned: { purge: 1, keep: 1, namespaces: 1 },
  capsHit: [{ cap: 'maxPercent', limit: 50, found: 66.7, reason: 'too many' }],
  counts: { purged: 1, failed: 1, skipped: 1, notStarted: 1, kept: 1 },
  stoppedBy: 'cap',
  outcomes: [
    {
      namespace: 'team-a',
      name: 'shop',
      revision: 1,
      chart: 'shop-1.0.0',
      result: 'failed',
      durationMs: 1,
      code: 'HELM_FAILED',
      message: 'no',
      driver: 'helm',
      driverReason: 'it has a hook',
      left: [
        {
          group: 'apps',
          kind: 'Deployment',
          namespace: 'team-a',
          name: 'web',
          why: 'finalizer',
          finalizers: ['a.io/b'],
          size: '1Gi',
        },
      ],
      leftOmitted: 2,
    },
  ],
  outcomesOmitted: 0,
  undo: {}, // its keys are free
};
const policyStatus: Full<PurgePolicyStatus> = {
  observedGeneration: 1,
  conditions: [{ type: 'Ready', ...condition }],
  activeRun: 'nightly-1',
  lastScheduleTime: '2026-11-22T20:00:00Z',
  lastSuccessfulTime: '2026-11-22T20:00:00Z',
  nextScheduleTime: '2026-11-23T20:00:00Z',
  dryRunGeneration: 1,
};

it.each([
  ['the spec of a run', purgeRunSchema.properties?.spec, runSpec],
  ['the status of a run', purgeRunSchema.properties?.status, runStatus],
  ['the status of a policy', purgePolicySchema.properties?.status, policyStatus],
])('describe every field of %s, and no other', (_what, schema, value) => {
  expect(shapeOfSchema(schema ?? {})).toEqual(shapeOfValue(value));
});

it.each([
  ['policy', purgePolicySchema],
  ['run', purgeRunSchema],
])('store no default: the reader of a %s applies it', (_kind, schema) => {
  expect(JSON.stringify(schema)).not.toContain('"default":');
});

it('are of cluster-scoped kinds with a status of its own', () => {
  for (const { crd } of purgeCrds) {
    expect(crd).toMatchObject({ spec: { scope: 'Cluster', versions: [{ subresources: { status: {} } }] } });
  }
});

function shapeOfSchema(schema: StructuralSchema): unknown {
  if (schema.items !== undefined) return [shapeOfSchema(schema.items)];
  if (schema.additionalProperties !== undefined) return {};
  if (schema.properties === undefined) return schema.type === 'integer' ? 'number' : schema.type;
  return Object.fromEntries(Object.entries(schema.properties).map(([name, field]) => [name, shapeOfSchema(field)]));
}

function shapeOfValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOfValue);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shapeOfValue(field)]));
}
