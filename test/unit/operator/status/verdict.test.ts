import { describe, expect, test } from 'vitest';

import { decide } from '../../../../src/operator/decide/decide.ts';
import type { State } from '../../../../src/operator/decide/states.ts';
import {
  verdictAfterFailure,
  verdictInFlight,
  verdictOf,
  verdictWhileWaiting,
} from '../../../../src/operator/status/verdict.ts';
import { failure, now } from '../../../support/observations.ts';
import { examples } from '../../../support/state-examples.ts';

const of = (state: State) => verdictOf(decide(examples[state], now), examples[state]);

describe('verdictOf', () => {
  test.each<[State, string]>([
    ['InSync', 'True settled WorkloadsReady'],
    ['Progressing', 'False working WorkloadsProgressing'],
    ['ChangeReported', 'True settled ChangedOutside'],
    ['Suspended', 'Unknown settled Suspended'],
    ['Foreign', 'False stuck ForeignRelease'],
    ['Exhausted', 'False stuck RetriesExhausted'],
    ['Backoff', 'False working UpgradeFailed'],
    ['Blocked', 'False working ValuesSourceFailed'],
    ['Locked', 'False working ReleaseLocked'],
    ['Lingering', 'False working WaitingForObjects'],
  ])('%s: %s', (state, expected) => {
    const verdict = of(state);
    expect(`${verdict?.ready} ${verdict?.phase} ${verdict?.reason}`).toBe(expected);
  });

  test('what a person has to correct is Stalled, what comes by itself is not', () => {
    const { Blocked: example } = examples;
    const wrong = { ...example, settings: { ...example.settings, problem: 'an annotation is wrong' } };
    expect(verdictOf(decide(wrong, now), wrong)).toMatchObject({ reason: 'InvalidAnnotation', phase: 'stuck' });
  });

  test.each<[State]>([['NotSelected'], ['Gone'], ['Absent'], ['Deleting']])('%s has nothing to say', (state) => {
    expect(of(state)).toBeUndefined();
  });
});

test('a call that takes its time says what helm is doing, and for how long at most', () => {
  const inFlight = (progress: Parameters<typeof verdictInFlight>[1]) =>
    verdictInFlight(decide(examples.Absent, now), progress);
  expect(inFlight({ atMostMs: 330_000 })).toMatchObject({ ready: 'Unknown', reason: 'Installing', phase: 'working' });
  expect(inFlight({ atMostMs: 330_000 }).message).toBe(
    'there is no release yet. helm is at work, for 330 s at most; a newer spec or a deletion waits for its end',
  );
  expect(inFlight({ maxProcesses: 4 }).message).toBe(
    'there is no release yet. Waiting for a free helm: 4 are at work (--max-concurrent-reconciles)',
  );
});

describe('after a failure', () => {
  const whileIn = (state: State, changes = {}) => {
    const decision = decide(examples[state], now);
    return verdictWhileWaiting({ failure: failure(changes), decision }, examples[state]);
  };

  test('that something is done about next, the resource is on its way', () => {
    expect(whileIn('Broken')).toBeUndefined();
    expect(verdictAfterFailure(failure({ isTerminal: true }))).toMatchObject({
      ready: 'False',
      reason: 'UpgradeFailed',
      phase: 'working',
      deployed: { status: 'False', reason: 'UpgradeFailed' },
    });
  });

  test('that a try follows later, it says so; where none is left it is stuck', () => {
    expect(whileIn('Backoff')).toMatchObject({ phase: 'working', deployed: { status: 'False' } });
    expect(whileIn('Exhausted')).toMatchObject({
      phase: 'stuck',
      reason: 'RetriesExhausted',
      deployed: { reason: 'UpgradeFailed' },
    });
  });

  test('that came of a lost race, it says whose the release is', () => {
    expect(whileIn('Foreign', { action: 'install' })).toMatchObject({
      phase: 'stuck',
      reason: 'ForeignRelease',
      deployed: { status: 'False', reason: 'ForeignRelease' },
    });
  });

  test.each(['uninstall', 'ready'] as const)('of %s nothing is said of what is deployed', (action) => {
    expect(verdictAfterFailure(failure({ action })).deployed).toBeUndefined();
    expect(whileIn('Backoff', { action })?.deployed).toBeUndefined();
  });
});
