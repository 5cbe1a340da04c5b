import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeClient } from '../../../src/kube/client.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { answer, connectTo, cut, LoopbackServer } from '../../support/loopback-server.ts';

const { configMaps } = CoreResources;
const clock = { ...systemClock, sleep: async () => undefined };

let server: LoopbackServer;
let connection: Connection;

beforeEach(async () => {
  server = await LoopbackServer.start();
  connection = await connectTo(server.port);
});
afterEach(async () => {
  await connection.close();
  await server[Symbol.asyncDispose]();
});

const clientOf = (opened: Connection): KubeClient =>
  new KubeClient(new HttpTransport(opened, { userAgent: 'test', clock }));

describe('a deletion whose answer was lost', () => {
  const location = { namespace: 'a', name: 'x' };

  it('is repeated where it names the very object: its successor is safe', async () => {
    server.handlers = [cut, answer(404)];
    expect(await clientOf(connection).delete(configMaps, { ...location, uid: 'u' })).toBe('absent');
    expect(server.received).toHaveLength(2);
  });

  it.each([cut, answer(503)])('is not repeated where it names whatever has the name by then', async (handler) => {
    server.handlers = [handler, answer(200)];
    await expect(clientOf(connection).delete(configMaps, location)).rejects.toMatchObject({ name: 'ApiError' });
    expect(server.received).toHaveLength(1);
  });
});

describe('a whole list', () => {
  const page = (names: readonly string[], more?: string) =>
    answer(200, {
      metadata: { resourceVersion: '7', ...(more === undefined ? {} : { continue: more }) },
      items: names.map((name) => ({ metadata: { name } })),
    });
  const gone = answer(410, { kind: 'Status', reason: 'Expired', message: 'the continue token has expired' });

  it('is read at once where its state expires between two pages, and holds nothing twice', async () => {
    server.handlers = [page(['a', 'b'], 'next'), gone, page(['b', 'c'])];
    const { items, resourceVersion } = await clientOf(connection).list(configMaps, { pageSize: 2 });
    expect([items.map(({ metadata }) => metadata.name), resourceVersion]).toEqual([['b', 'c'], '7']);
    const queries = server.received.map(({ url = '' }) => url.split('?')[1]);
    expect(queries).toEqual(['limit=2', 'limit=2&continue=next', 'limit=0']);
  });

  it('is none where the server answers with something else, and is not asked for again for that', async () => {
    server.handlers = [answer(200, {}), page(['a'])];
    await expect(clientOf(connection).list(configMaps)).rejects.toMatchObject({
      code: 'API_BAD_ANSWER',
      message: 'cannot list configmaps: the answer is no list',
    });
    expect(server.received).toHaveLength(1);
  });

  it('fails where the server has no state at all', async () => {
    server.handlers = [gone];
    await expect(clientOf(connection).list(configMaps)).rejects.toMatchObject({ code: 'API_GONE' });
    expect(server.received).toHaveLength(2);
  });
});

describe('whoever is impersonated', () => {
  const sent = () => server.received.at(-1)?.headers['impersonate-user'];

  it('is named once, and not by the kubeconfig where the call says otherwise', async () => {
    server.handlers = [answer(200, {})];
    const opened = await connectTo(server.port, { user: { token: 'secret', as: 'the-chief' } });
    const location = { namespace: 'a', name: 'x' };
    await clientOf(opened).get(configMaps, location);
    expect(sent()).toBe('the-chief');
    await clientOf(opened).impersonating('somebody').get(configMaps, location);
    expect(sent()).toBe('somebody');
    await opened.close();
  });
});
