// How a purge's progress looks, on a terminal and elsewhere.
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OutputStream } from '../../../src/cli/command.ts';
import { PurgeProgress, type PurgeProgressOptions } from '../../../src/cli/purge-progress.ts';
import type { PlanEntry } from '../../../src/purge/plan/plan.ts';
import type { Outcome } from '../../../src/purge/record/report.ts';

const erase = '\r\u001B[K';
const release = (name: string) => ({ namespace: 'a', name, revision: 1 });
const entry = (name: string): PlanEntry => ({
  ...release(name),
  status: 'deployed',
  action: 'purge',
  rule: 'selected',
  reason: 'selected',
});
const purged: Outcome = { result: 'purged', durationMs: 140 };
const failed: Outcome = { result: 'failed', durationMs: 9, code: 'HELM_FAILED', message: 'no', record: 'left' };

function stream(options: { isTTY: boolean; columns?: number }): OutputStream & { text: () => string } {
  const through = new PassThrough({ encoding: 'utf8' });
  return Object.assign(through, options, { text: () => String(through.read() ?? '') });
}

/** The clock of the timers. */
const display = (out: OutputStream, options: Partial<PurgeProgressOptions> = {}) =>
  new PurgeProgress(out, { total: 3, monotonic: () => Date.now(), ...options });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('rewrites one line on a terminal, with the outcomes above it, and takes it away at the end', () => {
  const out = stream({ isTTY: true, columns: 100 });
  {
    using progress = display(out);
    expect(out.text()).toBe('\r[0/3] 0 in flight\u001B[K');
    progress.begin(entry('one'));
    expect(out.text()).toBe('\r[0/3] 1 in flight\u001B[K');
    progress.end({ ...release('one'), ...purged });
    expect(out.text()).toBe(`${erase}purged a/one 0.14s\n[1/3] 0 in flight`);
    progress.end({ ...release('two'), ...failed });
    expect(out.text()).toBe(`${erase}failed a/two 0.01s: HELM_FAILED: no\n[2/3] 0 in flight, 1 failed`);
  }
  expect([out.text(), vi.getTimerCount()]).toEqual([erase, 0]);
});

it('writes nothing while nothing changes', () => {
  const out = stream({ isTTY: true, columns: 100 });
  using _progress = display(out);
  out.text();
  vi.advanceTimersByTime(60_000);
  expect(out.text()).toBe('');
});

it('shows for how long the API server has been asking for patience', () => {
  const out = stream({ isTTY: true, columns: 100 });
  using progress = display(out);
  out.text();
  progress.pause(true);
  vi.advanceTimersByTime(2_000);
  expect(out.text()).toContain('waiting for the API server (2s)');
  progress.pause(false);
  expect(out.text()).toBe('\r[0/3] 0 in flight\u001B[K');
});

it('follows the width of the terminal, and takes the usual one where none is told', () => {
  const out = stream({ isTTY: true, columns: 0 });
  using progress = display(out);
  expect(out.text()).toContain('in flight');
  Object.assign(out, { columns: 8 });
  progress.begin(entry('one'));
  expect(out.text()).toBe('\r[0/3]\u001B[K');
});

it('tells at each interruption what becomes of what is in flight', () => {
  const out = stream({ isTTY: true, columns: 100 });
  const [first, second] = [new AbortController(), new AbortController()];
  using progress = display(out, { signal: first.signal, forceSignal: second.signal });
  progress.begin(entry('one'));
  out.text();
  first.abort();
  expect(out.text()).toMatch(/interrupted: 1 release in flight to be finished.*\n\[0\/3\] stopping, 1 in flight$/);
  second.abort();
  expect(out.text()).toContain('ending 1 release in flight now');
});

it('says at an interruption between two releases that nothing is in flight', () => {
  const out = stream({ isTTY: true, columns: 100 });
  const [first, second] = [new AbortController(), new AbortController()];
  using progress = display(out, { signal: first.signal, forceSignal: second.signal });
  progress.begin(entry('one'));
  progress.end({ ...release('one'), ...purged });
  out.text();
  first.abort();
  expect(out.text()).toContain('interrupted: nothing is in flight, the report follows\n');
  second.abort();
  expect(out.text()).toContain('interrupted again: nothing is in flight, the report follows\n');
});

it('leaves what was not reached to the report', () => {
  const out = stream({ isTTY: true, columns: 100 });
  using progress = display(out);
  progress.end({ ...release('one'), result: 'not-started', reason: 'interrupted' });
  expect(out.text()).not.toContain('one');
});

it('only appends on a dumb terminal', () => {
  const out = stream({ isTTY: true, columns: 100 });
  using progress = display(out, { isDumb: true });
  progress.begin(entry('one'));
  progress.end({ ...release('one'), ...purged });
  vi.advanceTimersByTime(60_000);
  expect(out.text()).toBe('purged a/one 0.14s\n');
});

it('writes a plain line every ten seconds where there is no terminal', () => {
  const out = stream({ isTTY: false });
  using progress = display(out);
  progress.begin(entry('one'));
  progress.end({ ...release('one'), ...purged });
  progress.begin(entry('two'));
  vi.advanceTimersByTime(9_999);
  expect(out.text()).toBe('');
  vi.advanceTimersByTime(10_001);
  expect(out.text()).toBe('[1/3] 1 in flight\n[1/3] 1 in flight\n');
});
