import { afterAll, beforeAll, expect, test } from 'vitest';
import { KubeClient } from '../../../src/kube/client.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import { KubeLease } from '../../../src/kube/lease.ts';
import { answer, connectTo, LoopbackServer } from '../../support/loopback-server.ts';

let server: LoopbackServer;
let connection: Connection;

beforeAll(async () => {
  server = await LoopbackServer.start();
  connection = await connectTo(server.port);
});
afterAll(async () => {
  await connection.close();
  await server[Symbol.asyncDispose]();
});

test('a 429 to the Lease is told as it is, and holds nothing back: when to try again is for the election to say', async () => {
  const message = 'too many requests, please try again later';
  server.handlers = [answer(429, { kind: 'Status', message }, { 'retry-after': '20' })];
  const http = new HttpTransport(connection, { userAgent: 'test' });
  const lease = new KubeLease({ client: new KubeClient(http), namespace: 'a', name: 'lease', fieldManager: 'test' });
  const startedMs = performance.now();
  const current = { metadata: { name: 'lease', uid: 'u', resourceVersion: '1' } };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(lease.update(current, {}, AbortSignal.timeout(3_000))).rejects.toMatchObject({
      message: `cannot renew Lease a/lease: ${message}`,
      retryAfterMs: 20_000,
    });
  }
  expect(performance.now() - startedMs).toBeLessThan(3_000);
  expect(server.received).toHaveLength(3);
  expect(http.heldBackMs).toBe(0);
});
