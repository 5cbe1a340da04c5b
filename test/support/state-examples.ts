// One observation for each state of a watched resource, and what can come between: the two sides of the table of states.
import { SDK_FINALIZERS, UNINSTALL_FINALIZER } from '../../src/api/v1alpha1/finalizer.ts';
import type { WatchedStatus } from '../../src/api/v1alpha1/watched-status.ts';
import { formatDigestLabel } from '../../src/operator/decide/desired-digest.ts';
import { resourceSettings } from '../../src/operator/decide/resource-settings.ts';
import type { State } from '../../src/operator/decide/states.ts';
import type { Observation, ObservedResource } from '../../src/operator/observe/observation.ts';
import { digest, failure, now, observation, release, resource, snapshot } from './observations.ts';
import { watchEntry } from './watch-entries.ts';

const force = 'helm.velotio.com/force-requested-at';
const suspend = 'helm.velotio.com/suspend';
const other = 'e'.repeat(40);
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' };
const inventory = [{ group: 'apps', kind: 'Deployment', namespace: 'alice', name: 'shop', uid: 'd-1' }];

/** Revision 1 of what is desired, deployed, known to the status, and ready. */
const deployed: WatchedStatus = {
  release: {
    ...snapshot(1),
    lastDeployed: new Date(now - 3_600_000).toISOString(),
  },
  inventory,
  readyRevision: 1,
};
const known = (changes: Partial<ObservedResource['metadata']> = {}, status: WatchedStatus = {}) =>
  resource(changes, { ...deployed, ...status });
const unready = { state: 'progressing', message: 'Deployment shop: 0 of 1 pods are available' } as const;
const older = formatDigestLabel({ digest: other, revision: 2 });
const failedUpgrade = {
  resource: known(),
  release: release({
    revision: 2,
    status: 'failed',
    good: [1],
    digestLabel: formatDigestLabel({ digest, revision: 2 }),
  }),
};

/** Each state as it is met most often. */
export const examples: Readonly<Record<State, Observation>> = {
  NotSelected: observation({ isSelected: false, release: undefined, resource: resource({ finalizers: [] }) }),
  Suspended: observation({ resource: known({ annotations: { [suspend]: 'true' } }) }),
  Unprotected: observation({ resource: resource({ finalizers: [] }), release: undefined }),
  Foreign: observation({ release: release({ owner: undefined, digestLabel: undefined }) }),
  Inherited: observation({
    resource: resource({ finalizers: [UNINSTALL_FINALIZER, ...SDK_FINALIZERS.slice(0, 1)] }),
    release: release({ owner: undefined, digestLabel: undefined }),
    isSdkOwned: true,
  }),
  Blocked: observation({
    release: undefined,
    desired: { isKnown: false, reason: 'ValuesSourceFailed', message: 'Secret alice/db does not exist' },
  }),
  Locked: observation({ resource: known(), release: release({ revision: 2, status: 'pending-upgrade', good: [1] }) }),
  Abandoned: observation({
    resource: known(),
    release: release({ revision: 2, status: 'pending-upgrade', good: [1], holder: 'dead' }),
  }),
  Absent: observation({ release: undefined }),
  OutOfDate: observation({
    resource: known(),
    release: release({ digestLabel: formatDigestLabel({ digest: other, revision: 1 }) }),
  }),
  Forced: observation({ resource: known({ annotations: { [force]: 'now' } }) }),
  ChangedOutside: observation({ resource: known(), release: release({ revision: 2, good: [1] }) }),
  ChangeReported: observation({
    entry: watchEntry({ driftDetection: { mode: 'warn', ignore: [] } }),
    resource: known(),
    release: release({ revision: 2, good: [1] }),
  }),
  Failed: observation({ ...failedUpgrade, failure: failure({ retryAtMs: now, action: 'rollback' }) }),
  Broken: observation({ ...failedUpgrade, failure: failure() }),
  NeverDeployed: observation({
    entry: watchEntry({ remediation: { install: 'uninstall', upgrade: 'rollback', retries: 3 } }),
    release: release({ status: 'failed' }),
    failure: failure({ action: 'install', reason: 'InstallFailed' }),
  }),
  Backoff: observation({
    resource: known(),
    release: release({ digestLabel: formatDigestLabel({ digest: other, revision: 1 }) }),
    failure: failure(),
  }),
  Exhausted: observation({
    resource: known(),
    release: release({ digestLabel: formatDigestLabel({ digest: other, revision: 1 }) }),
    failure: failure({ count: 4, retryAtMs: 0 }),
  }),
  Progressing: observation({ resource: known(), workloads: unready }),
  InSync: observation({ resource: known() }),
  Deleting: observation({ resource: known(deleted) }),
  Orphaned: observation({ resource: known(deleted), release: undefined }),
  Lingering: observation({ resource: known(deleted), release: undefined, leftovers: ['Deployment/shop'] }),
  Released: observation({ resource: resource(deleted), release: undefined }),
  Gone: observation({ resource: resource({ ...deleted, finalizers: ['example.com/other'] }), release: undefined }),
};

/** Something that happens to a resource, whatever state it is in. */
export interface Interruption {
  /** As the table's head says it. */
  readonly name: string;
  readonly happen: (before: Observation) => Observation;
  /** Time that passes with it. Default none. */
  readonly laterMs?: number;
}

function annotated(before: Observation, annotations: Readonly<Record<string, string>>): Observation {
  const { metadata } = before.resource;
  const all = { ...metadata.annotations, ...annotations };
  return {
    ...before,
    resource: { ...before.resource, metadata: { ...metadata, annotations: all } },
    settings: resourceSettings(before.entry, all),
  };
}

/** All that can come between. */
export const interruptions: readonly Interruption[] = [
  {
    name: 'spec, values or chart change',
    happen: (before) => ({
      ...before,
      desired: { isKnown: true, digest: 'f'.repeat(40), values: {}, secrets: [], layers: ['spec'] },
    }),
  },
  {
    name: 'a source of values is lost',
    happen: (before) => ({
      ...before,
      desired: { isKnown: false, reason: 'ValuesSourceFailed', message: 'Secret alice/db does not exist' },
    }),
  },
  { name: 'force-requested-at', happen: (before) => annotated(before, { [force]: 'again' }) },
  { name: 'suspend', happen: (before) => annotated(before, { [suspend]: 'true' }) },
  {
    name: 'the resource is deleted',
    happen: (before) => ({
      ...before,
      resource: { ...before.resource, metadata: { ...before.resource.metadata, ...deleted } },
    }),
  },
  { name: 'its namespace is deleted', happen: (before) => ({ ...before, isNamespaceTerminating: true }) },
  { name: 'the selector no longer matches', happen: (before) => ({ ...before, isSelected: false }) },
  {
    name: 'another helm begins',
    happen: (before) => ({
      ...before,
      release: release({ ...before.release, revision: 9, status: 'pending-upgrade', holder: 'unknown' }),
    }),
  },
  {
    name: 'the operator dies within helm',
    happen: (before) => ({
      ...before,
      release: release({ ...before.release, revision: 9, status: 'pending-upgrade', holder: 'dead' }),
    }),
  },
  {
    name: "somebody else's helm ends",
    happen: (before) => ({ ...before, release: release({ ...before.release, revision: 9, digestLabel: older }) }),
  },
  { name: 'the records vanish', happen: (before) => ({ ...before, release: undefined }) },
  {
    name: 'the release becomes another kind’s',
    happen: (before) => ({ ...before, release: release({ ...before.release, owner: 'Library.velotio.com' }) }),
  },
  { name: 'workloads break', happen: (before) => ({ ...before, workloads: unready }) },
  { name: 'an hour passes', happen: (before) => before, laterMs: 3_600_000 },
];
