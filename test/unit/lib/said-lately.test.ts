import { expect, test } from 'vitest';
import { SaidLately } from '../../../src/lib/said-lately.ts';
import { ManualClock } from '../../support/manual-clock.ts';

test('the same is said once a minute, with how often it was left out; something else at once', async () => {
  const clock = new ManualClock();
  const said = new SaidLately(clock);
  expect(said.news('secrets', 'refused')).toEqual({ unsaid: 0 });
  expect(said.news('secrets', 'refused')).toBeUndefined();
  expect(said.news('deployments', 'refused')).toEqual({ unsaid: 0 });
  expect(said.news('secrets', 'forbidden')).toEqual({ unsaid: 1 });
  await clock.advance(59_999);
  expect(said.news('secrets', 'forbidden')).toBeUndefined();
  await clock.advance(1);
  expect(said.news('secrets', 'forbidden')).toEqual({ unsaid: 1 });
});
