import { expect, test } from 'vitest';
import { Metrics } from '../../../src/telemetry/metrics.ts';

test('every metric has the prefix, a help text and a unit that Prometheus expects', async () => {
  const { body, contentType } = await new Metrics().expose();
  expect(contentType).toContain('text/plain');
  const names = [...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  expect(names.length).toBeGreaterThan(15);
  for (const [, name = '', type] of names) {
    expect(name).toMatch(/^bookstore_operator_[a-z_]+$/);
    if (type === 'counter') expect(name).toMatch(/_total$/);
    if (type === 'histogram') expect(name).toMatch(/_seconds$/);
  }
});

test('what has to be asked is asked at each scrape', async () => {
  const metrics = new Metrics();
  let depth = 1;
  metrics.onScrape(() => metrics.queueDepth.set({ kind: 'BookStore' }, depth));
  expect((await metrics.expose()).body).toContain('bookstore_operator_workqueue_depth{kind="BookStore"} 1');
  depth = 2;
  expect((await metrics.expose()).body).toContain('bookstore_operator_workqueue_depth{kind="BookStore"} 2');
});

test('two in one process do not disturb each other', async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  one.reconciles.inc({ kind: 'BookStore', result: 'success' });
  expect((await other.expose()).body).not.toContain('result="success"');
});
