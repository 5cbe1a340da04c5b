// How the launcher's progress looks, on a terminal and elsewhere.
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { OutputStream } from '../../../src/cli/command.ts';
import { formatElapsed, LocalProgressDisplay, progressLine } from '../../../src/cli/local-progress.ts';
import type { LocalProgress } from '../../../src/local/local-event.ts';

const step = (index: number, done: number, elapsedMs = 0): LocalProgress => ({
  kind: 'progress',
  step: index === 1 ? 'fetching the sources of kwok' : 'compiling kwok',
  index,
  count: 2,
  done,
  total: index === 1 ? undefined : 900,
  elapsedMs,
});

function stream(options: { isTTY: boolean; columns?: number }): OutputStream & { text: () => string } {
  const through = new PassThrough({ encoding: 'utf8' });
  return Object.assign(through, options, { text: () => String(through.read() ?? '') });
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test.for([
  [0, '0 s'],
  [59_999, '59 s'],
  [65_000, '1 min 5 s'],
  [288_000, '4 min 48 s'],
] as const)('%d ms are %s', ([ms, expected]) => {
  expect(formatElapsed(ms)).toBe(expected);
});

test('a line says which step of how many, how far it is, and how long it took so far', () => {
  expect(progressLine(step(1, 0))).toBe('[1/2] fetching the sources of kwok, 0 s');
  expect(progressLine(step(1, 7, 2_000))).toBe('[1/2] fetching the sources of kwok: 7 downloaded, 2 s');
  expect(progressLine(step(2, 120, 65_000))).toBe('[2/2] compiling kwok: 120 of 900 packages, 1 min 5 s');
});

test('without a terminal each step is one line', () => {
  const out = stream({ isTTY: false });
  using display = new LocalProgressDisplay(out, { monotonic: () => 0 });
  for (const event of [step(1, 0), step(1, 5), step(2, 0), step(2, 1), step(2, 2)]) display.show(event);
  display.show({ kind: 'note', message: 'done' });
  expect(out.text()).toBe(
    '[1/2] fetching the sources of kwok, 0 s\n[2/2] compiling kwok: 0 of 900 packages, 0 s\ndone\n',
  );
});

test('without a terminal a step that goes on for long says every 20 s how far it is, until it ends', () => {
  const out = stream({ isTTY: false });
  const startedAt = Date.now();
  const elapsed = () => Date.now() - startedAt;
  using display = new LocalProgressDisplay(out, { monotonic: elapsed });
  display.show(step(1, 0));
  vi.advanceTimersByTime(19_000);
  display.show(step(2, 0, elapsed()));
  vi.advanceTimersByTime(19_999);
  display.show(step(2, 30, elapsed()));
  vi.advanceTimersByTime(25_000);
  display.show({ kind: 'progress-end' });
  vi.advanceTimersByTime(60_000);
  expect(out.text()).toBe(
    [
      '[1/2] fetching the sources of kwok, 0 s\n',
      '[2/2] compiling kwok: 0 of 900 packages, 19 s\n',
      '[2/2] compiling kwok: 30 of 900 packages, 39 s\n',
      '[2/2] compiling kwok: 30 of 900 packages, 59 s\n',
    ].join(''),
  );
});

test('on a terminal the line goes when the task ends', () => {
  const out = stream({ isTTY: true, columns: 200 });
  using display = new LocalProgressDisplay(out, { monotonic: () => 0 });
  display.show(step(2, 1));
  display.show({ kind: 'progress-end' });
  vi.advanceTimersByTime(10_000);
  expect(out.text()).toBe('\r\u001B[2K[2/2] compiling kwok: 1 of 900 packages, 0 s\r\u001B[2K');
});

test('on a terminal one line is rewritten, its seconds go on by themselves, and at the end it is gone', () => {
  const out = stream({ isTTY: true, columns: 200 });
  let now = 0;
  const display = new LocalProgressDisplay(out, { monotonic: () => now });
  display.show(step(2, 1, 1_000));
  now = 3_000;
  vi.advanceTimersByTime(1_000);
  display[Symbol.dispose]();
  vi.advanceTimersByTime(10_000);
  const erase = '\r\u001B[2K';
  expect(out.text()).toBe(
    `${erase}[2/2] compiling kwok: 1 of 900 packages, 1 s${erase}[2/2] compiling kwok: 1 of 900 packages, 4 s${erase}`,
  );
});

test('a line never wraps', () => {
  const out = stream({ isTTY: true, columns: 20 });
  using display = new LocalProgressDisplay(out, { monotonic: () => 0 });
  display.show(step(2, 1));
  expect(out.text()).toBe('\r\u001B[2K[2/2] compiling kwo');
});
