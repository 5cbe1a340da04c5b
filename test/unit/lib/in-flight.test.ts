import { expect, test } from 'vitest';
import { InFlight } from '../../../src/lib/in-flight.ts';

test('waits for what is under way, failures too, and for nothing that has ended', async () => {
  const works = new InFlight();
  await works.settled();
  const slow = Promise.withResolvers<string>();
  const given = works.add(slow.promise);
  const failing = works.add(Promise.reject(new Error('no')));
  let isSettled = false;
  const settled = works.settled().then(() => {
    isSettled = true;
  });
  await expect(failing).rejects.toThrow('no');
  expect(isSettled).toBe(false);
  slow.resolve('done');
  await settled;
  expect(await given).toBe('done');
});
