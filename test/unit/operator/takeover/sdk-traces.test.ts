import { describe, expect, test } from 'vitest';
import type { WatchedStatus } from '../../../../src/api/v1alpha1/watched-status.ts';
import {
  hasSdkTraces,
  isSdkStatus,
  sdkMarkOf,
  sdkOwnerOf,
  withOwnStatus,
} from '../../../../src/operator/takeover/sdk-traces.ts';
import { resource } from '../../../support/observations.ts';

const theirs = {
  conditions: [{ type: 'Initialized', status: 'True' }],
  deployedRelease: { name: 'shop', manifest: '…' },
};
const condition = { status: 'True', reason: 'WorkloadsReady', message: '', lastTransitionTime: '' } as const;
const ours: WatchedStatus = {
  conditions: [
    { type: 'Ready', ...condition },
    { type: 'Deployed', ...condition },
  ],
};

describe('a status', () => {
  test.each<[string, unknown, boolean]>([
    ['theirs', theirs, true],
    ['theirs without the release, which another schema does not know', { conditions: theirs.conditions }, true],
    ['theirs after a failure', { conditions: [{ type: 'ReleaseFailed' }] }, true],
    ['ours', ours, false],
    ['none', undefined, false],
    ['an empty one', {}, false],
    ['one with conditions that are no list', { conditions: 'none' }, false],
    ['one with a condition that is none', { conditions: [null] }, false],
  ])('%s', (_what, status, isTheirs) => {
    expect(isSdkStatus(status)).toBe(isTheirs);
  });

  test('of operator-sdk is set apart, and says nothing in our words', () => {
    const seen = withOwnStatus(resource({}, theirs as unknown as WatchedStatus));
    expect(seen.status).toBeUndefined();
    expect(seen.sdkStatus).toEqual(theirs);
    expect(hasSdkTraces(seen)).toBe(true);
  });

  test('of ours stays', () => {
    const seen = resource({}, ours);
    expect(withOwnStatus(seen)).toBe(seen);
    expect(hasSdkTraces(seen)).toBe(false);
  });
});

test.each(['helm.sdk.operatorframework.io/uninstall-release', 'uninstall-helm-release'])(
  'the finalizer %s is a trace',
  (finalizer) => {
    expect(hasSdkTraces(resource({ finalizers: [finalizer] }))).toBe(true);
  },
);

describe('the mark of an object', () => {
  const owner = sdkOwnerOf(resource(), { group: 'velotio.com', kind: 'BookStore' });
  const reference = { apiVersion: 'velotio.com/v1alpha1', kind: 'BookStore', name: 'shop', uid: 'u-1' };
  const named = {
    'operator-sdk/primary-resource': 'alice/shop',
    'operator-sdk/primary-resource-type': 'BookStore.velotio.com',
  };

  test.each([
    ['an owner reference', { ownerReferences: [reference] }, 'reference'],
    ['an owner reference to another of that name', { ownerReferences: [{ ...reference, uid: 'u-0' }] }, 'none'],
    ['both annotations', { annotations: named }, 'annotation'],
    ['one annotation', { annotations: { 'operator-sdk/primary-resource': 'alice/shop' } }, 'none'],
    ['the annotations of another', { annotations: { ...named, 'operator-sdk/primary-resource': 'bob/shop' } }, 'none'],
    [
      'the annotations of another kind',
      { annotations: { ...named, 'operator-sdk/primary-resource-type': 'Library.velotio.com' } },
      'none',
    ],
    ['none', {}, 'none'],
  ])('%s', (_what, meta, mark) => {
    expect(sdkMarkOf(meta, owner)).toBe(mark);
  });
});
