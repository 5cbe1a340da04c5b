import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Controller } from '../../../src/controller/controller.ts';
import { WorkQueue } from '../../../src/controller/work-queue.ts';
import { Helm } from '../../../src/helm/process.ts';
import { systemClock } from '../../../src/lib/clock.ts';

const dir = mkdtempSync(join(tmpdir(), 'fairness-'));
afterAll(() => rmSync(dir, { recursive: true }));

test('a kind with one resource does not wait for all those of a kind with many', async () => {
  const log = join(dir, 'order');
  const binary = join(dir, 'helm');
  writeFileSync(log, '');
  writeFileSync(binary, `#!/bin/sh\necho "$1" >> ${log}\nsleep 0.02\n`);
  chmodSync(binary, 0o755);
  // the scarce thing that the kinds share
  const helm = new Helm({ binary, env: { PATH: process.env.PATH }, maxProcesses: 2 });
  const stop = new AbortController();
  const kinds = ['many', 'few'].map((kind) => {
    const queue = new WorkQueue({ clock: systemClock });
    const controller = new Controller({
      queue,
      workers: 4,
      reconcile: async (key) => {
        await helm.run([`${kind}-${key}`], { what: 'test', timeoutMs: 60_000 });
        return {};
      },
    });
    return { queue, running: controller.run({ stop: stop.signal, cancel: new AbortController().signal }) };
  });
  for (let index = 0; index < 40; index += 1) kinds[0]?.queue.add(String(index));
  await systemClock.sleep(20);
  kinds[1]?.queue.add('0');
  const order = () => readFileSync(log, 'utf8').trim().split('\n');
  while (order().length < 41) await systemClock.sleep(10);
  stop.abort();
  await Promise.all(kinds.map(({ running }) => running));
  const before = order().slice(0, order().indexOf('few-0'));
  // those that ran, and those of the four workers that stood in line before it
  expect(before.length).toBeLessThan(20);
});
