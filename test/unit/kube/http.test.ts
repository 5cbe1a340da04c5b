import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/kube/api-request.ts';
import { type Connection, connect } from '../../../src/kube/connection.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import type { RequestObservation } from '../../../src/kube/request-sender.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let connection: Connection;
let dir: string;
let handlers: Handler[] = [];
let received: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers'] }[] = [];
let slept: number[] = [];
let observed: RequestObservation[] = [];

const answer =
  (status: number, body: unknown = {}, headers: Readonly<Record<string, string>> = {}): Handler =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const cut: Handler = (request) => request.socket.destroy();
const cutInBody: Handler = (_request, response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"a":');
  setImmediate(() => response.destroy());
};
const silence: Handler = () => undefined;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { method, url, headers } = request;
    received.push({ method, url, headers });
    const handler = handlers.length > 1 ? handlers.shift() : handlers[0];
    request.resume();
    request.on('end', () => handler?.(request, response));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  dir = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  [handlers, received, slept, observed] = [[], [], [], []];
  connection = await openConnection((server.address() as AddressInfo).port);
});
afterEach(async () => {
  await connection.close();
});

async function openConnection(port: number): Promise<Connection> {
  const config = {
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}/prefix`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'c', user: { token: 'secret' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
  };
  const kubeconfig = join(dir, `kubeconfig-${port}`);
  await writeFile(kubeconfig, JSON.stringify(config));
  return connect({ kubeconfig, homeDir: dir });
}

function transport(): HttpTransport {
  let elapsedMs = 0;
  const clock = {
    ...systemClock,
    monotonic: () => elapsedMs,
    sleep: async (ms: number, signal?: AbortSignal) => {
      elapsedMs += ms;
      slept.push(ms);
      signal?.throwIfAborted();
    },
  };
  return new HttpTransport(connection, { userAgent: 'test/1', clock, observe: (each) => observed.push(each) });
}

const send = (change: Partial<ApiRequest> = {}): Promise<unknown> =>
  transport().json({ method: 'GET', path: '/api/v1/pods', what: 'list pods', ...change });

describe('a request', () => {
  it('goes to the server’s path with credentials, and leaves out what is not set', async () => {
    handlers = [answer(200, { ok: true })];
    expect(await send({ query: { limit: '5', continue: undefined, labelSelector: 'a=b,c' } })).toEqual({ ok: true });
    expect(received).toMatchObject([
      {
        method: 'GET',
        url: '/prefix/api/v1/pods?limit=5&labelSelector=a%3Db%2Cc',
        headers: { authorization: 'Bearer secret', 'user-agent': 'test/1', accept: 'application/json' },
      },
    ]);
    expect(received[0]?.headers).not.toHaveProperty('impersonate-user');
    expect(observed).toMatchObject([{ method: 'GET', path: '/api/v1/pods', status: 200 }]);
  });

  it('is made as somebody else where that is asked for', async () => {
    handlers = [answer(200)];
    await transport().impersonating('system:serviceaccount:a:b').json({ method: 'GET', path: '/x', what: 'get x' });
    expect(received[0]?.headers['impersonate-user']).toBe('system:serviceaccount:a:b');
  });

  it.each<[string, Handler, string]>([
    ['is no JSON', answer(200, '<html>'), 'API_BAD_ANSWER'],
    ['is an error without a Status', answer(404, 'page not found'), 'API_NOT_FOUND'],
  ])('fails with a code when the answer %s', async (_name, handler, code) => {
    handlers = [handler];
    await expect(send()).rejects.toMatchObject({ code });
    expect(received).toHaveLength(1);
  });

  it('asks for new credentials once when it is not let in', async () => {
    handlers = [answer(401), answer(200, { ok: true })];
    expect(await send()).toEqual({ ok: true });
    handlers = [answer(401)];
    await expect(send()).rejects.toMatchObject({ code: 'API_UNAUTHORIZED' });
    expect(received).toHaveLength(4);
  });
});

describe('a request that fails', () => {
  it.each([429, 503])('is left to a caller that paces its attempts itself: %d', async (status) => {
    handlers = [answer(status), answer(200)];
    await expect(send({ isRepeated: false })).rejects.toMatchObject({ status });
    expect(received).toHaveLength(1);
  });

  const repeated = ['GET', 'PUT', 'PATCH', 'DELETE'] as const;

  it.each(repeated.flatMap((method) => [500, 502, 503, 504].map((status) => [method, status] as const)))(
    'is repeated: %s after %d',
    async (method, status) => {
      handlers = [answer(status), answer(200, { ok: true })];
      expect(await send({ method })).toEqual({ ok: true });
    },
  );

  it.each<[string, Handler]>([
    ['500', answer(500)],
    ['503', answer(503)],
    ['a lost connection', cut],
    ['an answer that is cut', cutInBody],
  ])('is never repeated when it creates something: POST after %s', async (_name, handler) => {
    handlers = [handler, answer(200)];
    await expect(send({ method: 'POST', body: {} })).rejects.toMatchObject({ name: 'ApiError' });
    expect(received).toHaveLength(1);
  });

  it.each<[string, Handler]>([
    ['a lost connection', cut],
    ['an answer that is cut', cutInBody],
  ])('is repeated after %s', async (_name, handler) => {
    handlers = [handler, answer(200, { ok: true })];
    expect(await send()).toEqual({ ok: true });
  });

  it.each([400, 403, 404, 409, 410, 422])('is not repeated after %d: the answer would be the same', async (status) => {
    handlers = [answer(status), answer(200)];
    await expect(send()).rejects.toMatchObject({ status });
    expect(received).toHaveLength(1);
  });

  it('is repeated after the time that the server asks for, whatever it does: the server did nothing', async () => {
    handlers = [answer(429, {}, { 'retry-after': '7' }), answer(201, { ok: true })];
    expect(await send({ method: 'POST', body: {} })).toEqual({ ok: true });
    expect(slept).toHaveLength(1);
    expect(slept[0]).toBeGreaterThanOrEqual(7_000);
    expect(slept[0]).toBeLessThanOrEqual(8_400);
  });

  it('puts up with two minutes of 429, with a bounded number of requests, and then says so', async () => {
    handlers = [answer(429, {}, { 'retry-after': '5' })];
    await expect(send()).rejects.toMatchObject({ code: 'API_TOO_MANY_REQUESTS' });
    expect(received.length).toBeGreaterThanOrEqual(120 / 6);
    expect(received.length).toBeLessThanOrEqual(120 / 5 + 2);
  });

  it.each([
    ['0', 1_000],
    ['-5', 1_000],
    ['86400', 60_000],
  ])('waits within reason when the server asks for %s s', async (asked, waitMs) => {
    handlers = [answer(429, {}, { 'retry-after': asked }), answer(200)];
    await send();
    expect(slept[0]).toBeGreaterThanOrEqual(waitMs);
    expect(slept[0]).toBeLessThanOrEqual(waitMs * 1.2);
  });

  it('that is aborted while it waits for a connection is told so at once', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const config = {
      'current-context': 'c',
      clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'c', user: { token: 'secret' } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    };
    const kubeconfig = join(dir, 'mute');
    await writeFile(kubeconfig, JSON.stringify(config));
    const opened = await connect({ kubeconfig, homeDir: dir });
    const abort = new AbortController();
    const http = new HttpTransport(opened, { userAgent: 'test/1' });
    const asked = http.json({ method: 'GET', path: '/x', what: 'get x', signal: abort.signal });
    let isConnecting = true;
    mute.once('connection', () => {
      isConnecting = false;
      abort.abort(new Error('enough'));
    });
    await expect(asked).rejects.toThrow('enough');
    expect(isConnecting).toBe(false);
    await opened.close();
    mute.close();
  });

  it('holds back everybody who shares the connection when the server says 429', async () => {
    handlers = [answer(429, {}, { 'retry-after': '5' }), answer(200), answer(200)];
    const shared = transport();
    await shared.json({ method: 'GET', path: '/a', what: 'get a' });
    expect(shared.heldBackMs).toBe(0);
    handlers = [answer(429, {}, { 'retry-after': '5' }), answer(200), answer(200)];
    const abort = new AbortController();
    const first = shared.json({ method: 'GET', path: '/b', what: 'get b', signal: abort.signal });
    await first;
    await shared.impersonating('somebody').stream({ method: 'GET', path: '/c', what: 'watch c' });
    expect(slept.filter((ms) => ms >= 5_000)).toHaveLength(2);
  });

  it('is tried five times in all, with longer and longer waits', async () => {
    handlers = [answer(503, { kind: 'Status', message: 'not now' })];
    await expect(send()).rejects.toMatchObject({ code: 'API_SERVER_ERROR', message: 'cannot list pods: not now' });
    expect(received).toHaveLength(5);
    expect(slept).toHaveLength(4);
    for (const [index, waitMs] of slept.entries()) {
      expect(waitMs).toBeGreaterThanOrEqual(100 * 2 ** index);
      expect(waitMs).toBeLessThanOrEqual(200 * 2 ** index);
    }
  });

  it('is API_TIMEOUT when the server says nothing in time', async () => {
    handlers = [silence];
    const failure = send({ method: 'POST', timeoutMs: 50 });
    await expect(failure).rejects.toMatchObject({ code: 'API_TIMEOUT', message: expect.stringContaining('in time') });
  });

  it('is API_UNREACHABLE, with the reason and what to do, when nobody listens', async () => {
    const closed = await openConnection(1);
    const nobody = new HttpTransport(closed, { userAgent: 'test/1', clock: { ...systemClock, sleep: async () => {} } });
    await expect(nobody.json({ method: 'GET', path: '/x', what: 'get x' })).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      message: expect.stringMatching(/^cannot get x: http:\/\/127\.0\.0\.1:1\/prefix is unreachable: .*ECONNREFUSED/),
      remedy: expect.stringContaining('cluster'),
    });
    await closed.close();
  });
});

describe('a request that is cancelled', () => {
  it('ends with the reason of the signal, and is not repeated', async () => {
    handlers = [silence];
    const controller = new AbortController();
    const failure = send({ signal: controller.signal });
    await eventually(() => received).toHaveLength(1);
    controller.abort(new Error('enough'));
    await expect(failure).rejects.toThrow('enough');
    expect(received).toHaveLength(1);
  });

  it('is never sent when it was cancelled before', async () => {
    handlers = [answer(200)];
    await expect(send({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(received).toHaveLength(0);
  });

  it('leaves no listener behind on the signal, nor do those that succeed or fail', async () => {
    const { signal } = new AbortController();
    handlers = [answer(200)];
    for (let count = 0; count < 50; count += 1) await send({ signal });
    handlers = [answer(503)];
    await expect(send({ signal })).rejects.toThrow();
    await eventually(() => getEventListeners(signal, 'abort')).toEqual([]); // the last goes when its body is closed
  });
});

describe('a stream', () => {
  it('gives the bytes as they come, and ends when it is cancelled', async () => {
    handlers = [
      (_request, response) => {
        response.writeHead(200);
        response.write('one\n');
      },
    ];
    const controller = new AbortController();
    const bytes = await transport().stream({ method: 'GET', path: '/w', what: 'watch', signal: controller.signal });
    const read = async (): Promise<string[]> => {
      const chunks: string[] = [];
      for await (const chunk of bytes) {
        chunks.push(Buffer.from(chunk).toString());
        controller.abort(new Error('enough'));
      }
      return chunks;
    };
    await expect(read()).rejects.toThrow('enough');
    await eventually(() => getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

describe('close', () => {
  it('ends what is in flight', async () => {
    handlers = [silence];
    const failure = send({ method: 'POST' });
    await eventually(() => received).toHaveLength(1);
    await connection.close();
    await expect(failure).rejects.toMatchObject({ code: 'API_UNREACHABLE' });
  });
});

describe('new sockets', () => {
  it('are for new requests; those in flight keep theirs, and end with their signal', async () => {
    const sockets: { readonly port: number | undefined; readonly socket: IncomingMessage['socket'] }[] = [];
    const noting =
      (next: Handler): Handler =>
      (request, response) => {
        sockets.push({ port: request.socket.remotePort, socket: request.socket });
        next(request, response);
      };
    const forEver: Handler = (_request, response) => {
      response.writeHead(200);
      response.write('one');
    };
    handlers = [noting(answer(200)), noting(forEver), noting(answer(200))];
    await send();
    const stop = new AbortController();
    const stream = await transport().stream({ method: 'GET', path: '/watch', what: 'watch', signal: stop.signal });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    connection.renewSockets();
    await send();
    const [first, watch, fresh] = sockets;
    expect([first?.port, watch?.port]).not.toContain(fresh?.port);
    expect(watch?.socket.destroyed).toBe(false);
    stop.abort(new Error('stopped by the test'));
    await expect(events.next()).rejects.toThrow('stopped by the test');
    await eventually(() => watch?.socket.destroyed).toBe(true);
  });

  it('are not closed by credentials that were asked for before', async () => {
    handlers = [answer(200, { ok: true })];
    await send();
    const renewal = connection.credentials({ isRefreshForced: true });
    connection.renewSockets();
    await renewal;
    expect(await send()).toEqual({ ok: true });
  });
});
