// Observations for tests of decisions: a healthy resource in sync, with what a case changes.
import { UNINSTALL_FINALIZER } from '../../src/api/v1alpha1/finalizer.ts';
import type { ReleaseSnapshot, WatchedStatus } from '../../src/api/v1alpha1/watched-status.ts';
import { formatDigestLabel } from '../../src/operator/decide/desired-digest.ts';
import { resourceSettings } from '../../src/operator/decide/resource-settings.ts';
import type {
  FailureMemory,
  Observation,
  ObservedRelease,
  ObservedResource,
} from '../../src/operator/observe/observation.ts';
import { watchEntry } from './watch-entries.ts';

/** The digest that {@link observation} desires. */
export const digest = 'd'.repeat(40);

/** 2026-01-01T00:00:00Z. */
export const now = Date.UTC(2026, 0, 1);

/** A resource with our finalizer. */
export function resource(
  changes: Partial<ObservedResource['metadata']> = {},
  status?: WatchedStatus,
): ObservedResource {
  return {
    apiVersion: 'velotio.com/v1alpha1',
    kind: 'BookStore',
    metadata: {
      name: 'shop',
      namespace: 'alice',
      uid: 'u-1',
      resourceVersion: '10',
      generation: 1,
      finalizers: [UNINSTALL_FINALIZER],
      ...changes,
    },
    spec: {},
    ...(status === undefined ? {} : { status }),
  };
}

/** Revision 1, deployed by us with the desired digest. */
export function release(changes: Partial<ObservedRelease> = {}): ObservedRelease {
  return {
    revision: 1,
    status: 'deployed',
    owner: 'BookStore.velotio.com',
    digestLabel: formatDigestLabel({ digest, revision: 1 }),
    holder: 'unknown',
    touchedAtMs: now - 1_000,
    record: { uid: 'r-1', resourceVersion: '20' },
    good: [],
    ...changes,
  };
}

/** What the status notes of a revision that we deployed, with the desired digest or another. */
export function snapshot(revision: number, of = digest): ReleaseSnapshot {
  return {
    name: 'shop',
    namespace: 'alice',
    revision,
    status: 'deployed',
    chart: 'bookstore-0.1.0',
    digest: formatDigestLabel({ digest: of, revision }),
    contentDigest: `content of ${revision}`,
  };
}

/** A failure of what is desired, with another try due in a minute. */
export function failure(changes: Partial<FailureMemory> = {}): FailureMemory {
  return {
    digest,
    forceRequest: undefined,
    action: 'upgrade',
    reason: 'UpgradeFailed',
    message: 'helm said no',
    isTerminal: false,
    isPassing: false,
    revision: undefined,
    count: 1,
    inRow: changes.count ?? 1,
    atMs: now - 1_000,
    retryAtMs: now + 60_000,
    ...changes,
  };
}

/** All is well: protected, in sync, ready. */
export function observation(changes: Partial<Observation> = {}): Observation {
  const { entry = watchEntry(), resource: observed = resource() } = changes;
  return {
    entry,
    settings: resourceSettings(entry, observed.metadata.annotations),
    resource: observed,
    releaseNamespace: 'alice',
    isSelected: true,
    isNamespaceTerminating: false,
    release: release(),
    isSdkOwned: false,
    desired: { isKnown: true, digest, values: {}, secrets: [], layers: ['spec'] },
    workloads: { state: 'ready', message: '' },
    failure: undefined,
    leftovers: [],
    ...changes,
  };
}
