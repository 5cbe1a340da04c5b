import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../../src/kube/client.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import { answer, connectTo, LoopbackServer } from '../../support/loopback-server.ts';

const group = 'example.com';
const kind = { group, version: 'v1', kind: 'Absent' };

let server: LoopbackServer;
let connection: Connection;
let discovery: Discovery;

beforeEach(async () => {
  server = await LoopbackServer.start();
  const versions = [{ version: 'v1' }, { version: 'v2' }];
  const resources = [{ name: 'widgets', kind: 'Widget', namespaced: true }];
  server.handlers = [
    (request, response) =>
      answer(200, request.url?.endsWith(group) === true ? { versions } : { resources })(request, response),
  ];
  connection = await connectTo(server.port);
  discovery = new Discovery(new KubeClient(new HttpTransport(connection, { userAgent: 'test' })));
});
afterEach(async () => {
  await connection.close();
  await server[Symbol.asyncDispose]();
});

const atOnce = <T>(call: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 50 }, call));

describe('a kind that is not there', () => {
  it('costs a question and one more, however many miss it at the same time', async () => {
    expect(new Set(await atOnce(() => discovery.find(kind)))).toEqual(new Set([undefined]));
    expect(server.received).toHaveLength(2);
  });

  it('costs a few where it is looked for in whatever version', async () => {
    expect(new Set(await atOnce(() => discovery.findPreferred(kind)))).toEqual(new Set([undefined]));
    expect(server.received.filter(({ url }) => url?.endsWith(group) === true)).toHaveLength(2);
    expect(server.received.length).toBeLessThanOrEqual(2 + 2 * 4);
  });

  it('is asked for anew by who comes later', async () => {
    await discovery.find(kind);
    await discovery.find(kind);
    expect(server.received).toHaveLength(2);
  });
});
