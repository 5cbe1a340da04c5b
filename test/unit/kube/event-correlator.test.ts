import { describe, expect, test } from 'vitest';
import { EventCorrelator } from '../../../src/kube/event-correlator.ts';

const minute = 60_000;

describe('EventCorrelator', () => {
  test('counts a repetition', () => {
    const correlator = new EventCorrelator();
    const kinds = [0, 1, 2].map((at) => correlator.correlate({ uid: 'a', text: 'x' }, at * minute));
    expect(kinds.map(({ kind }) => kind)).toEqual(['create', 'repeat', 'repeat']);
    expect(kinds[2]).toMatchObject({ entry: { count: 3 } });
  });

  test('ends a series after ten minutes of silence, not after ten minutes', () => {
    const correlator = new EventCorrelator();
    const at = (minutes: number) => correlator.correlate({ uid: 'a', text: 'x' }, minutes * minute).kind;
    expect([at(0), at(9), at(18), at(28)]).toEqual(['create', 'repeat', 'repeat', 'create']);
  });

  test('gives each object a budget of its own, refilled by one every five minutes', () => {
    const correlator = new EventCorrelator();
    const record = (uid: string, from: number, nowMs: number) =>
      Array.from({ length: 30 }, (_, index) => correlator.correlate({ uid, text: `${from + index}` }, nowMs).kind);
    expect(record('a', 0, 0).filter((kind) => kind === 'create')).toHaveLength(25);
    expect(record('b', 0, 0).filter((kind) => kind === 'create')).toHaveLength(25);
    expect(record('a', 100, 15 * minute).filter((kind) => kind === 'create')).toHaveLength(3);
  });

  test('remembers a bounded number of Events', () => {
    const correlator = new EventCorrelator();
    for (let index = 0; index < 6_000; index += 1) correlator.correlate({ uid: `${index}`, text: 'x' }, 0);
    expect(correlator.correlate({ uid: '5999', text: 'x' }, 1).kind).toBe('repeat');
    expect(correlator.correlate({ uid: '0', text: 'x' }, 1).kind).toBe('create');
  });
});
