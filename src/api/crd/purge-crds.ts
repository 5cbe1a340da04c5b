// The CustomResourceDefinitions of the purge's kinds: cluster-scoped, and made from no chart.
import { PURGE_POLICY_GVK, PURGE_POLICY_PLURAL, PURGE_POLICY_SHORT_NAMES } from '../v1alpha1/purge-policy.ts';
import { purgePolicySchema } from '../v1alpha1/purge-policy-schema.ts';
import { PURGE_RUN_GVK, PURGE_RUN_PLURAL, PURGE_RUN_SHORT_NAMES } from '../v1alpha1/purge-run.ts';
import { purgeRunSchema } from '../v1alpha1/purge-run-schema.ts';
import { type CrdParts, crdOf } from './crd-of.ts';

const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' } as const;

const purgePolicy: CrdParts = {
  gvk: PURGE_POLICY_GVK,
  scope: 'Cluster',
  plural: PURGE_POLICY_PLURAL,
  shortNames: PURGE_POLICY_SHORT_NAMES,
  categories: [],
  columns: [
    { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' },
    { name: 'Time zone', type: 'string', jsonPath: '.spec.timeZone' },
    { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
    { name: 'Suspend', type: 'boolean', jsonPath: '.spec.suspend' },
    { name: 'Last run', type: 'date', jsonPath: '.status.lastScheduleTime' },
    age,
    { name: 'Next run', type: 'string', jsonPath: '.status.nextScheduleTime', priority: 1 },
    { name: 'Message', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].message', priority: 1 },
  ],
  schema: purgePolicySchema,
};

const purgeRun: CrdParts = {
  gvk: PURGE_RUN_GVK,
  scope: 'Cluster',
  plural: PURGE_RUN_PLURAL,
  shortNames: PURGE_RUN_SHORT_NAMES,
  categories: [],
  columns: [
    { name: 'Policy', type: 'string', jsonPath: '.spec.policy' },
    { name: 'Dry run', type: 'boolean', jsonPath: '.spec.dryRun' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Purged', type: 'integer', jsonPath: '.status.counts.purged' },
    { name: 'Failed', type: 'integer', jsonPath: '.status.counts.failed' },
    { name: 'Kept', type: 'integer', jsonPath: '.status.counts.kept' },
    age,
    { name: 'Asked by', type: 'string', jsonPath: '.status.requestedBy', priority: 1 },
    { name: 'Completed', type: 'date', jsonPath: '.status.completedAt', priority: 1 },
    { name: 'Stopped by', type: 'string', jsonPath: '.status.stoppedBy', priority: 1 },
  ],
  schema: purgeRunSchema,
};

/** A kind of the purge, and its CRD. */
export interface PurgeCrd extends Pick<CrdParts, 'gvk' | 'plural'> {
  readonly crd: Readonly<Record<string, unknown>>;
}

/** All of them. */
export const purgeCrds: readonly PurgeCrd[] = [purgePolicy, purgeRun].map((parts) => ({
  gvk: parts.gvk,
  plural: parts.plural,
  crd: crdOf(parts),
}));
