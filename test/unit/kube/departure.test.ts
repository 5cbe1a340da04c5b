import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/kube/api-request.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import { LeaseLostError } from '../../../src/kube/leader-term.ts';
import { CoreResources } from '../../../src/kube/resource.ts';

let server: Server;
let sockets: Agent;
let received: string[] = [];
let isLeading = true;
let asked = 0;

beforeAll(async () => {
  sockets = new Agent();
  server = createServer((request, response) => {
    received.push(request.method ?? '');
    request.resume();
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await sockets.destroy();
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  [received, isLeading, asked] = [[], true, 0];
});

const mayAct = (): void => {
  asked += 1;
  if (!isLeading) throw new LeaseLostError('Lease a/b is not held by this replica');
};

const portOf = (each: { address: () => unknown }): number => (each.address() as AddressInfo).port;

function transport(port = portOf(server)): HttpTransport {
  const connection = {
    server: `http://127.0.0.1:${port}`,
    credentials: async () => ({ headers: {}, dispatcher: sockets }),
  } as unknown as Connection;
  return new HttpTransport(connection, { userAgent: 'test/1' });
}

const send = (method: ApiRequest['method']): Promise<unknown> =>
  transport()
    .fencedBy(mayAct)
    .json({ method, path: '/x', body: method === 'GET' ? undefined : {}, what: 'do it' });

describe('a fenced client', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)('asks before it sends: %s', async (method) => {
    await send(method);
    isLeading = false;
    await expect(send(method)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(received).toEqual([method]);
  });

  it('reads without asking', async () => {
    isLeading = false;
    await send('GET');
    expect([received, asked]).toEqual([['GET'], 0]);
  });

  it('is fenced also when it acts as somebody else', async () => {
    isLeading = false;
    const client = new KubeClient(transport()).fencedBy(mayAct).impersonating('somebody');
    await expect(client.delete(CoreResources.configMaps, { namespace: 'a', name: 'b' })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(received).toEqual([]);
  });

  it('asks every guard that it has, the first one first, and sends only where none objects', async () => {
    const guards: string[] = [];
    let isHeld = true;
    const twice = transport()
      .fencedBy(() => void guards.push('first'))
      .fencedBy(() => {
        guards.push('second');
        if (!isHeld) throw new LeaseLostError('Lease a/c is not held by this replica');
      });
    const post = () => twice.json({ method: 'POST', path: '/x', body: {}, what: 'do it' });
    await post();
    expect([...new Set(guards)]).toEqual(['first', 'second']);
    isHeld = false;
    await expect(post()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(received).toEqual(['POST']);
    const nested = transport()
      .fencedBy(mayAct)
      .fencedBy(() => undefined);
    isLeading = false;
    await expect(nested.json({ method: 'POST', path: '/x', body: {}, what: 'do it' })).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
  });

  it('leaves the client that it was made from as it was', async () => {
    isLeading = false;
    const plain = transport();
    plain.fencedBy(mayAct);
    await plain.json({ method: 'POST', path: '/x', body: {}, what: 'do it' });
    expect(received).toEqual(['POST']);
  });

  it('sends nothing when the Lease is lost while the request waits for its connection', async () => {
    const bytes: Buffer[] = [];
    const connected = Promise.withResolvers<void>();
    const tcp = createTcpServer((socket) => {
      socket.on('data', (chunk) => bytes.push(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => connected.resolve());
      connected.resolve();
    });
    await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
    const failure = transport(portOf(tcp))
      .fencedBy(mayAct)
      .json({ method: 'PATCH', path: '/x', body: {}, what: 'do it' });
    const expected = expect(failure).rejects.toMatchObject({ code: 'LEASE_LOST' });
    while (asked === 0) await Promise.resolve(); // asked once, and handed to the sockets
    isLeading = false;
    await expected;
    await connected.promise;
    expect([asked, Buffer.concat(bytes).toString()]).toEqual([2, '']);
    tcp.close();
  });
});
