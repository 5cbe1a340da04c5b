import { describe, expect, test } from 'vitest';
import { EventCorrelator } from '../../../src/kube/event-correlator.ts';

const minute = 60_000;

describe('EventCorrelator', () => {
  test('counts a repetition', () => {
    const correlator = new EventCorrelator();
    const kinds = [0, 1, 2].map((at) => correlator.correlate({ uid: 'a', group: 'g', note: 'x' }, at * minute));
    expect(kinds.map(({ kind }) => kind)).toEqual(['create', 'repeat', 'repeat']);
    expect(kinds[2]).toMatchObject({ entry: { count: 3 } });
  });

  test('ends a series after ten minutes of silence, not after ten minutes', () => {
    const correlator = new EventCorrelator();
    const at = (minutes: number) => correlator.correlate({ uid: 'a', group: 'g', note: 'x' }, minutes * minute).kind;
    expect([at(0), at(9), at(18), at(28)]).toEqual(['create', 'repeat', 'repeat', 'create']);
  });

  test('gives each object a budget of its own, refilled by one every five minutes', () => {
    const correlator = new EventCorrelator();
    const record = (uid: string, from: number, nowMs: number) =>
      Array.from(
        { length: 30 },
        (_, index) => correlator.correlate({ uid, group: `${from + index}`, note: 'x' }, nowMs).kind,
      );
    expect(record('a', 0, 0).filter((kind) => kind === 'create')).toHaveLength(25);
    expect(record('b', 0, 0).filter((kind) => kind === 'create')).toHaveLength(25);
    expect(record('a', 100, 15 * minute).filter((kind) => kind === 'create')).toHaveLength(3);
  });

  test('folds what differs in its note alone, above ten, into one that shows the latest', () => {
    const correlator = new EventCorrelator();
    const record = (note: string, nowMs = 0) => correlator.correlate({ uid: 'a', group: 'g', note }, nowMs);
    const kinds = Array.from({ length: 100 }, (_, index) => record(`${index}`).kind);
    expect(kinds).toEqual(Array.from({ length: 100 }, (_, index) => (index <= 10 ? 'create' : 'repeat')));
    const latest = { isCombined: true, count: 91, note: '(combined from similar events): last' };
    expect(record('last')).toMatchObject({ kind: 'repeat', entry: latest });
    expect(record('3')).toMatchObject({ kind: 'repeat', entry: { isCombined: false, count: 2, note: '3' } });
    expect(correlator.correlate({ uid: 'a', group: 'other', note: 'last' }, 0)).toMatchObject({ kind: 'create' });
    expect(correlator.correlate({ uid: 'b', group: 'g', note: 'last' }, 0)).toMatchObject({ kind: 'create' });
    expect(record('later', 10 * minute)).toMatchObject({ kind: 'create', entry: { isCombined: false } });
  });

  test('remembers a bounded number of Events', () => {
    const correlator = new EventCorrelator();
    for (let index = 0; index < 6_000; index += 1) correlator.correlate({ uid: `${index}`, group: 'g', note: 'x' }, 0);
    expect(correlator.correlate({ uid: '5999', group: 'g', note: 'x' }, 1).kind).toBe('repeat');
    expect(correlator.correlate({ uid: '0', group: 'g', note: 'x' }, 1).kind).toBe('create');
  });
});
