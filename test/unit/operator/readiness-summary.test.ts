import { expect, test } from 'vitest';
import { inOrderOfTelling, summarize, type Unready } from '../../../src/operator/readiness-summary.ts';
import { failed, progressing } from '../../../src/operator/status-object.ts';

const unready = (name: string, more: Partial<Unready> = {}): Unready => ({
  kind: 'Deployment',
  name,
  readiness: progressing('0 of 1 pods are available'),
  ...more,
});

test('one object: what it lacks, and what its pods say', () => {
  expect(summarize([unready('web', { trouble: 'pod web-1: ErrImagePull' })])).toEqual({
    state: 'progressing',
    message: 'Deployment web: 0 of 1 pods are available; pod web-1: ErrImagePull',
  });
});

test('what will not become ready by waiting is told first, and makes the whole fail', () => {
  const all = [unready('b'), unready('a'), unready('migrate', { kind: 'Job', readiness: failed('too often') })];
  expect(summarize(inOrderOfTelling(all))).toEqual({
    state: 'failed',
    message: 'Job migrate: too often; Deployment a: 0 of 1 pods are available; Deployment b: 0 of 1 pods are available',
  });
});

test('of many three are told, and the others counted', () => {
  const all = inOrderOfTelling(['e', 'd', 'c', 'b', 'a'].map((name) => unready(name)));
  expect(summarize(all).message).toBe(
    'Deployment a: 0 of 1 pods are available; Deployment b: 0 of 1 pods are available; Deployment c: 0 of 1 pods are available; and 2 more',
  );
});

test('whatever is said, the message fits into a condition and is one line', () => {
  const endless = { readiness: progressing('no\n'.repeat(2_000)), trouble: 'x'.repeat(300) };
  const all = Array.from({ length: 2_000 }, (_, index) => unready(`d${index}`, endless));
  const { message } = summarize(inOrderOfTelling(all));
  expect(message.length).toBeLessThan(1_024);
  expect(message).toMatch(/^Deployment d0: no no .*…; and 1997 more$/);
});
