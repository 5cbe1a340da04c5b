// Waiting for something to be ready.
import { expect, test } from 'vitest';
import { waitUntilReady } from '../../../src/local/ready.ts';

const signal = new AbortController().signal;
const assertAlive = () => Promise.resolve();
const logDir = '/state/one.logs';

test('a failing question means not yet', async () => {
  const answers = [
    () => Promise.reject(new Error('refused')),
    () => Promise.resolve(false),
    () => Promise.resolve(true),
  ];
  const check = () => answers.shift()?.() ?? Promise.reject(new Error('asked too often'));
  await waitUntilReady({ what: 'it', logDir, check, assertAlive, signal });
  expect(answers).toEqual([]);
});

test('the death of what is waited for ends the wait', async () => {
  const died = () => Promise.reject(new Error('it died'));
  await expect(
    waitUntilReady({ what: 'it', logDir, check: () => Promise.resolve(false), assertAlive: died, signal }),
  ).rejects.toThrow('it died');
});

test('a wait in vain names what was waited for and keeps the last failure', async () => {
  const check = () => Promise.reject(new Error('refused'));
  await expect(
    waitUntilReady({ what: 'the nodes', logDir, check, assertAlive, signal, timeoutMs: 50 }),
  ).rejects.toMatchObject({
    code: 'LOCAL_NOT_READY',
    message: expect.stringContaining('the nodes'),
    cause: expect.objectContaining({ message: 'refused' }),
    remedy: expect.stringContaining(logDir),
  });
});

test('an abort ends the wait with its reason', async () => {
  const aborted = AbortSignal.abort(new Error('enough'));
  const check = () => Promise.resolve(false);
  await expect(waitUntilReady({ what: 'it', logDir, check, assertAlive, signal: aborted })).rejects.toThrow('enough');
});
