import { expect, test } from 'vitest';
import { newElection } from '../../../src/cli/run-leadership.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { answer, connectTo, LoopbackServer } from '../../support/loopback-server.ts';

test('a Lease that cannot be reached is counted, from 0 on, and said once', async () => {
  const lines: string[] = [];
  await using server = await LoopbackServer.start();
  server.handlers = [answer(403, { kind: 'Status', message: 'no' })];
  const connection = await connectTo(server.port);
  const metrics = new Metrics();
  const stop = new AbortController();
  const election = newElection({
    client: new KubeClient(new HttpTransport(connection, { userAgent: 'test' })),
    namespace: 'a',
    name: 'lease',
    log: createLogger({ level: 'warn', destination: { write: (line) => void lines.push(line) } }),
    metrics,
    settled: () => Promise.resolve(),
  });
  const failures = async (): Promise<number> => {
    const { body } = await metrics.expose();
    return Number(/^bookstore_operator_leader_renewal_failures_total\{lease="lease"\} (\d+)$/m.exec(body)?.[1]);
  };
  expect(await failures()).toBe(0);
  const running = election.run(stop.signal);
  await expect.poll(failures, { timeout: 10_000 }).toBeGreaterThanOrEqual(2);
  expect(lines.filter((line) => line.includes('lease not reached'))).toHaveLength(1);
  expect(election.waitingFor).toEqual(['Lease a/lease (cannot read Lease a/lease: no)']);
  stop.abort();
  await running;
  await connection.close();
});
