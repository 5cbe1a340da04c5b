import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { WatchedStatus } from '../../../../src/api/v1alpha1/watched-status.ts';
import { decide } from '../../../../src/operator/decide/decide.ts';
import { memoryOf } from '../../../../src/operator/decide/failure.ts';
import { readStatus, withReadStatus } from '../../../../src/operator/status/read-status.ts';
import { composeStatus } from '../../../../src/operator/status/status.ts';
import { now, observation, resource } from '../../../support/observations.ts';

const time = '2026-01-01T00:00:00Z';
const revision = { revision: 2, status: 'deployed', chart: 'shop-1.0.0', digest: 'd', contentDigest: 'c' } as const;
const whole: Required<WatchedStatus> = {
  observedGeneration: 3,
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: time, reason: 'WorkloadsReady', message: '' }],
  release: { ...revision, name: 'shop', namespace: 'alice', firstDeployed: time, lastDeployed: time },
  history: [{ ...revision, revision: 1, appVersion: '1' }],
  inventory: [
    { group: '', kind: 'Service', namespace: 'alice', name: 'shop', uid: 'u-1' },
    {
      group: 'apps',
      kind: 'Deployment',
      namespace: 'alice',
      name: 'shop',
      uid: 'u-2',
      generation: 1,
      appliedHash: 'h',
    },
    { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'shop', uid: 'u-3' },
    { group: 'batch', kind: 'Job', namespace: 'alice', name: 'shop', uid: 'u-4', ttlSecondsAfterFinished: 0 },
  ],
  failures: 1,
  lastFailure: {
    digest: 'd',
    action: 'upgrade',
    reason: 'UpgradeFailed',
    message: 'no',
    isTerminal: true,
    isPassing: false,
    revision: 2,
    inRow: 1,
    forceRequestedAt: 'a',
    time,
  } satisfies Required<WatchedStatus['lastFailure']>,
  readyRevision: 2,
  unreadySince: time,
  lastHandledReconcileAt: 'a',
  lastHandledForceAt: 'b',
};
const fields = Object.keys(whole) as readonly (keyof WatchedStatus)[];

test('a status as we write it is read as it is', () => {
  expect(readStatus(whole)).toEqual(whole);
});

test.each([undefined, null, 'y', 5, []])('%j is no status', (sent) => {
  expect(readStatus(sent)).toBeUndefined();
});

describe('what is not as we write it is dropped:', () => {
  test.each(fields.flatMap((field) => [null, 'y', -1, [null], { name: 5 }].map((wrong) => [field, wrong] as const)))(
    '%s: %j',
    (field, wrong) => {
      const isText = typeof whole[field] === 'string' && typeof wrong === 'string';
      const isList = Array.isArray(whole[field]) && Array.isArray(wrong);
      const { [field]: _dropped, ...others } = whole;
      const kept = isText ? { [field]: wrong } : isList ? { [field]: [] } : {};
      expect(readStatus({ ...whole, [field]: wrong })).toEqual({ ...others, ...kept });
    },
  );

  test.each(['kind', 'name', 'uid'])('an entry of the inventory without %s', (field) => {
    const [first, ...others] = whole.inventory;
    const inventory = [{ ...first, [field]: undefined }, ...others];
    expect(readStatus({ inventory })).toEqual({ inventory: others });
  });

  test('what others keep there', () => {
    expect(readStatus({ phase: 'Running', release: { ...whole.release, more: 1 } })).toEqual({
      release: whole.release,
    });
  });
});

test('operator-sdk’s status is left for those who know it', () => {
  const sdk = {
    conditions: [{ type: 'Initialized', status: 'True' }],
    deployedRelease: { name: 'shop', manifest: '' },
  };
  const sent = { ...resource(), status: sdk as unknown as WatchedStatus };
  expect(withReadStatus(sent)).toBe(sent);
});

test('nothing throws on whatever was written there: neither decision, nor memory, nor the next status', () => {
  const garbage = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(whole)));
  const item = fc.oneof(
    garbage,
    fc.array(garbage),
    fc.dictionary(fc.constantFrom('kind', 'name', 'uid', 'revision', 'status', 'type', 'time'), garbage),
  );
  const status = fc.oneof(garbage, fc.dictionary(fc.constantFrom<string>(...fields), item));
  fc.assert(
    fc.property(status, fc.boolean(), (sent, isDeleted) => {
      const changes = isDeleted ? { deletionTimestamp: time } : {};
      const read = withReadStatus({ ...resource(changes), status: sent as WatchedStatus });
      const failure = memoryOf(read.status);
      decide(observation({ resource: read, failure }), now);
      const verdict = { ready: 'False', reason: 'Retrying', message: '', phase: 'working' } as const;
      const next = composeStatus({ resource: read, verdict, failure, nowMs: now });
      expect(readStatus(next)).toEqual(next);
    }),
  );
});
