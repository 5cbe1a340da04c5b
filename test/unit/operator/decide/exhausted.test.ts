import { describe, expect, test } from 'vitest';
import { exhausted } from '../../../../src/operator/decide/exhausted.ts';
import { digest, failure, release } from '../../../support/observations.ts';

const wanted = (...layers: readonly string[]) => ({ isKnown: true, digest, values: {}, secrets: [], layers }) as const;
const force = 'or by annotating helm.velotio.com/force-requested-at.';

describe('exhausted', () => {
  test('says what failed, what stays, and what ends the wait', () => {
    const situation = { release: release({ revision: 3 }), desired: wanted('spec') };
    expect(exhausted(failure({ count: 4 }), situation)).toMatchObject({
      state: 'Exhausted',
      reason: 'RetriesExhausted',
      message: `no tries left after 4 failures; the last: helm said no. Revision 3 stays deployed. It is tried again when the spec changes, ${force}`,
    });
  });

  test('names every layer that the wrong value may stand in', () => {
    const layers = wanted('Secret alice/db', 'spec', 'overrideValues of watches.yaml (image.tag)');
    const refused = failure({ isTerminal: true, reason: 'InvalidValues' });
    expect(exhausted(refused, { release: undefined, desired: layers })).toMatchObject({
      reason: 'InvalidValues',
      message: `helm said no. Its values come from Secret alice/db, then spec, then overrideValues of watches.yaml (image.tag); each beats the one before. It is tried again when one of them changes (watches.yaml is read at the operator's start), ${force}`,
    });
  });

  test('however much helm says, what ends the wait is not cut off', () => {
    const loud = failure({ isTerminal: true, message: 'x'.repeat(5_000) });
    const { message } = exhausted(loud, { release: undefined, desired: wanted('spec') });
    expect(message.length).toBeLessThanOrEqual(1_024);
    expect(message).toContain('xxx… It is tried again when the spec changes');
  });
});
