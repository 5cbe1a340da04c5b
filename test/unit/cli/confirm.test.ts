import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirmCount } from '../../../src/cli/confirm.ts';

function ask(answer: string | undefined, signal = new AbortController().signal): Promise<boolean> {
  const stdin = new PassThrough();
  if (answer !== undefined) stdin.end(answer);
  return confirmCount({ stdin, stderr: new PassThrough(), signal }, { text: '?', count: 12 });
}

describe('confirmCount', () => {
  it.each([
    ['12\n', true],
    [' 12 \r\n', true],
    ['12', true],
    ['11\n', false],
    ['012\n', false],
    ['yes\n', false],
    ['\n12\n', false],
    ['', false],
  ])('takes %j as %s', async (answer, expected) => expect(await ask(answer)).toBe(expected));

  it('takes an interruption as a no', async () => {
    const abort = new AbortController();
    const asked = ask(undefined, abort.signal);
    abort.abort();
    expect(await asked).toBe(false);
  });
});
