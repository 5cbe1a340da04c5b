import { getEventListeners, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect as dial } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/kube/api-request.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { ApiError } from '../../../src/kube/errors.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import type { RequestObservation } from '../../../src/kube/request-sender.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';
import {
  answer,
  connectTo,
  type Handler,
  type LoopbackServer,
  MuteServer,
  portOf,
  silence,
} from '../../support/loopback-server.ts';
import { withLoopback } from '../../support/with-loopback.ts';

let server: LoopbackServer;
let connection: Connection;
let observed: RequestObservation[] = [];

withLoopback((loopback) => {
  ({ server, connection } = loopback);
  observed = [];
});

const clock = { ...systemClock, sleep: async () => undefined };

const transport = (): HttpTransport =>
  new HttpTransport(connection, { userAgent: 'test/1', clock, observe: (each) => observed.push(each) });

const send = (change: Partial<ApiRequest> = {}): Promise<unknown> =>
  transport().json({ method: 'GET', path: '/api/v1/pods', what: 'list pods', ...change });

describe('a request', () => {
  it('goes to the server’s path with credentials, and leaves out what is not set', async () => {
    server.handlers = [answer(200, { ok: true })];
    expect(await send({ query: { limit: '5', continue: undefined, labelSelector: 'a=b,c' } })).toEqual({ ok: true });
    expect(server.received).toMatchObject([
      {
        method: 'GET',
        url: '/prefix/api/v1/pods?limit=5&labelSelector=a%3Db%2Cc',
        headers: { authorization: 'Bearer secret', 'user-agent': 'test/1', accept: 'application/json' },
      },
    ]);
    expect(server.received[0]?.headers).not.toHaveProperty('impersonate-user');
    expect(observed).toMatchObject([{ method: 'GET', path: '/api/v1/pods', status: 200 }]);
  });

  it('is made as somebody else where that is asked for', async () => {
    server.handlers = [answer(200)];
    await transport().impersonating('system:serviceaccount:a:b').json({ method: 'GET', path: '/x', what: 'get x' });
    expect(server.received[0]?.headers['impersonate-user']).toBe('system:serviceaccount:a:b');
  });

  it.each<[string, Handler, string]>([
    ['is no JSON', answer(200, '<html>'), 'API_BAD_ANSWER'],
    ['is an error without a Status', answer(404, 'page not found'), 'API_NOT_FOUND'],
  ])('fails with a code when the answer %s', async (_name, handler, code) => {
    server.handlers = [handler];
    await expect(send()).rejects.toMatchObject({ code });
    expect(server.received).toHaveLength(1);
  });

  it('asks for new credentials once when it is not let in', async () => {
    server.handlers = [answer(401), answer(200, { ok: true })];
    expect(await send()).toEqual({ ok: true });
    server.handlers = [answer(401)];
    await expect(send()).rejects.toMatchObject({ code: 'API_UNAUTHORIZED' });
    expect(server.received).toHaveLength(4);
  });
});

describe('a request without an answer', () => {
  it('is API_TIMEOUT when the server says nothing in time', async () => {
    server.handlers = [silence];
    const failure = send({ method: 'POST', timeoutMs: 50 });
    await expect(failure).rejects.toMatchObject({
      code: 'API_TIMEOUT',
      message: `cannot list pods: http://127.0.0.1:${server.port}/prefix gave no answer in time (0.05 s)`,
      isUnsent: false,
    });
    expect(observed).toMatchObject([{ status: 0 }]);
  });

  it('is API_TIMEOUT when the answer begins and stops coming', async () => {
    server.handlers = [(_request, response) => response.writeHead(200, { 'content-length': '9' }).write('{"a":')];
    await expect(send({ method: 'POST', timeoutMs: 50 })).rejects.toMatchObject({
      code: 'API_TIMEOUT',
      message: 'cannot list pods: the answer stopped coming',
    });
  });

  it('has its time also while it waits for a connection, and dials anew for each repetition', async () => {
    await using mute = await MuteServer.start();
    const opened = await connectTo(`https://127.0.0.1:${mute.port}`);
    const http = new HttpTransport(opened, { userAgent: 'test/1', clock });
    const startedMs = performance.now();
    await expect(http.json({ method: 'GET', path: '/x', what: 'get x', timeoutMs: 100 })).rejects.toMatchObject({
      code: 'API_TIMEOUT',
      message: `cannot get x: https://127.0.0.1:${mute.port} let no connection be opened in time (0.1 s)`,
      isUnsent: true,
    });
    expect(performance.now() - startedMs).toBeLessThan(4_000); // five attempts
    expect(mute.connections).toBe(5);
    await opened.close();
  });

  it('is API_UNREACHABLE, with the reason and what to do, when nobody listens', async () => {
    const closed = await connectTo(1);
    const nobody = new HttpTransport(closed, { userAgent: 'test/1', clock });
    await expect(nobody.json({ method: 'GET', path: '/x', what: 'get x' })).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      message: expect.stringMatching(/^cannot get x: http:\/\/127\.0\.0\.1:1\/prefix is unreachable: .*ECONNREFUSED/),
      remedy: expect.stringContaining('cluster'),
      isUnsent: true,
    });
    await closed.close();
  });
});

describe('a request on a socket that the server closes at that moment', () => {
  /** Dials like undici, but hands the first socket over when the server has reset it and nobody has noticed. */
  const closedAtFirst = (server: Server): Dispatcher => {
    let dials = 0;
    server.once('connection', (socket) => setTimeout(() => socket.resetAndDestroy(), 30));
    return new Agent({
      connect: (options, callback) => {
        const socket = dial(Number(options.port), options.hostname);
        dials += 1;
        if (dials > 1) socket.once('connect', () => callback(null, socket));
        else socket.pause().once('connect', () => setTimeout(callback, 100, null, socket));
      },
    });
  };

  it('is sent again whatever it does, where it could not be written: the server has never had it', async () => {
    const received: string[] = [];
    const plain = createServer((request, response) => {
      received.push(request.method ?? '');
      request.resume().on('end', () => response.end('{"ok":true}'));
    });
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const dispatcher = closedAtFirst(plain);
    const credentials = async () => ({ headers: {}, dispatcher });
    const opened = { server: `http://127.0.0.1:${portOf(plain)}`, credentials } as unknown as Connection;
    const http = new HttpTransport(opened, { userAgent: 'test/1', clock, observe: (each) => observed.push(each) });
    const created = http.json({ method: 'POST', path: '/x', body: {}, what: 'create x' });
    expect(await created).toEqual({ ok: true });
    expect(received).toEqual(['POST']);
    expect(observed.map(({ status }) => status)).toEqual([0, 200]);
    await dispatcher.destroy();
    plain.close();
  });
});

describe('a request that is cancelled', () => {
  it('ends with the reason of the signal, and is not repeated', async () => {
    server.handlers = [silence];
    const controller = new AbortController();
    const failure = send({ signal: controller.signal });
    await eventually(() => server.received).toHaveLength(1);
    controller.abort(new Error('enough'));
    await expect(failure).rejects.toThrow('enough');
    expect(server.received).toHaveLength(1);
  });

  it('is never sent when it was cancelled before', async () => {
    server.handlers = [answer(200)];
    await expect(send({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(server.received).toHaveLength(0);
  });

  it.each([
    ['for a connection', { timeoutMs: 30_000 }, undefined],
    ['for a plugin that has no credentials yet', {}, ['-e', 'setTimeout(() => {}, 500)']],
  ])('is told so at once where it waits %s', async (_name, change, pluginArgs) => {
    await using mute = await MuteServer.start();
    const apiVersion = 'client.authentication.k8s.io/v1';
    const exec = { apiVersion, command: process.execPath, args: pluginArgs, interactiveMode: 'Never' };
    const opened = await connectTo(
      `https://127.0.0.1:${mute.port}`,
      pluginArgs === undefined ? {} : { user: { exec } },
    );
    const abort = new AbortController();
    const http = new HttpTransport(opened, { userAgent: 'test/1' });
    const asked = http.json({ method: 'GET', path: '/x', what: 'get x', signal: abort.signal, ...change });
    if (pluginArgs === undefined) await eventually(() => mute.connections).toBe(1);
    const startedMs = performance.now();
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    expect(performance.now() - startedMs).toBeLessThan(400);
    expect(getEventListeners(abort.signal, 'abort').length).toBeLessThanOrEqual(1); // undici's, until it gives up dialling
    await opened.close();
  });

  it('leaves no listener behind on the signal, nor do those that succeed or fail', async () => {
    const { signal } = new AbortController();
    server.handlers = [answer(200)];
    for (let count = 0; count < 50; count += 1) await send({ signal });
    server.handlers = [answer(503)];
    await expect(send({ signal })).rejects.toThrow();
    await eventually(() => getEventListeners(signal, 'abort')).toEqual([]); // the last goes when its body is closed
  });
});

describe('a stream', () => {
  it('gives the bytes as they come, and ends when it is cancelled', async () => {
    server.handlers = [
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
    server.handlers = [silence];
    const failure = send({ method: 'POST' });
    await eventually(() => server.received).toHaveLength(1);
    await connection.close();
    await expect(failure).rejects.toMatchObject({ code: 'API_UNREACHABLE' });
  });
});

describe('new sockets', () => {
  it('are for new requests; those in flight keep theirs, and end with their signal', async () => {
    const isClosed = Promise.withResolvers<boolean>();
    const forEver: Handler = (request, response) => {
      request.socket.on('close', () => isClosed.resolve(true));
      response.writeHead(200);
      response.write('one');
    };
    server.handlers = [answer(200), forEver, answer(200)];
    await send();
    const stop = new AbortController();
    const stream = await transport().stream({ method: 'GET', path: '/watch', what: 'watch', signal: stop.signal });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    connection.renewSockets();
    await send();
    const [first, watch, fresh] = server.received;
    expect([first?.port, watch?.port]).not.toContain(fresh?.port);
    expect(await Promise.race([isClosed.promise, Promise.resolve(false)])).toBe(false);
    stop.abort(new Error('stopped by the test'));
    await expect(events.next()).rejects.toThrow('stopped by the test');
    expect(await isClosed.promise).toBe(true);
  });

  it('are not closed by credentials that were asked for before', async () => {
    server.handlers = [answer(200, { ok: true })];
    await send();
    const renewal = connection.credentials({ refused: await connection.credentials() });
    connection.renewSockets();
    await renewal;
    expect(await send()).toEqual({ ok: true });
  });

  it.each([
    ['was not answered in time', undefined],
    ['ran out of its caller’s time', new ApiError('API_TIMEOUT', 'no time left')],
  ])('are for all after a request that %s: the others may be as dead', async (_name, reason) => {
    const abort = new AbortController();
    server.handlers = [answer(200)];
    await Promise.all([send(), send(), send()]); // three that wait in the pool
    server.handlers = [silence];
    const failure = send({
      isRepeated: false,
      ...(reason === undefined ? { timeoutMs: 50 } : { signal: abort.signal }),
    });
    if (reason !== undefined) setTimeout(() => abort.abort(reason), 50);
    await expect(failure).rejects.toMatchObject({ code: 'API_TIMEOUT' });
    const known = new Set(server.received.map(({ port }) => port));
    server.handlers = [answer(200)];
    await send();
    expect(known).not.toContain(server.received.at(-1)?.port);
  });
});
