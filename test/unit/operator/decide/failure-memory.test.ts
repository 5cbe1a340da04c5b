import { describe, expect, test } from 'vitest';
import { recordOf } from '../../../../src/operator/decide/failure.ts';
import { FailureMemories } from '../../../../src/operator/decide/failure-memory.ts';
import { failure, now, resource } from '../../../support/observations.ts';

const seen = failure({ count: 2 });
/** A status in which a failure was written down. */
const told = resource({}, { failures: 2, lastFailure: recordOf(seen) });

describe('FailureMemories', () => {
  test('know what they were told, and of another resource nothing', () => {
    const memories = new FailureMemories();
    memories.set('alice/shop', resource(), seen);
    expect(memories.get('alice/shop', resource())).toBe(seen);
    expect(memories.get('bob/shop', resource({ namespace: 'bob' }))).toBeUndefined();
  });

  test('after a restart the status tells: what was tried, how often, and when the next try is due', () => {
    expect(new FailureMemories().get('alice/shop', told)).toMatchObject({
      digest: seen.digest,
      action: 'upgrade',
      reason: 'UpgradeFailed',
      message: 'helm said no',
      isTerminal: false,
      forceRequest: undefined,
      count: 2,
      atMs: now - 1_000,
      retryAtMs: now - 1_000 + 10_000,
    });
  });

  test('what spent no try comes back too: a restart is no reason to ask more often', () => {
    const away = failure({ count: 0, inRow: 3, isPassing: true, revision: 2 });
    expect(new FailureMemories().get('alice/shop', resource({}, { lastFailure: recordOf(away) }))).toMatchObject({
      isPassing: true,
      revision: 2,
      count: 0,
      inRow: 3,
      retryAtMs: now - 1_000 + 20_000,
    });
  });

  test('a status without failures, or with one that nobody counted, tells nothing', () => {
    const { inRow: _inRow, ...uncounted } = recordOf(seen);
    expect(new FailureMemories().get('alice/shop', resource({}, {}))).toBeUndefined();
    expect(new FailureMemories().get('alice/shop', resource({}, { lastFailure: uncounted }))).toBeUndefined();
  });

  test('what was made good does not come back with a status that could not be written', () => {
    const memories = new FailureMemories();
    memories.set('alice/shop', told, undefined);
    expect(memories.get('alice/shop', told)).toBeUndefined();
  });

  test('a resource that was made anew under the name begins without failures', () => {
    const memories = new FailureMemories();
    memories.set('alice/shop', resource(), seen);
    expect(memories.get('alice/shop', resource({ uid: 'u-2' }))).toBeUndefined();
  });

  test('forget a resource that is gone', () => {
    const memories = new FailureMemories();
    memories.set('alice/shop', resource(), seen);
    memories.forget('alice/shop');
    expect(memories.get('alice/shop', resource())).toBeUndefined();
  });
});
