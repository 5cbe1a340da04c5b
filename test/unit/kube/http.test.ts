import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/kube/api-request.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import { LeaseLostError } from '../../../src/kube/leader-term.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { answer, connectTo, cut, type Handler, LoopbackServer } from '../../support/loopback-server.ts';
import { withLoopback } from '../../support/with-loopback.ts';

let server: LoopbackServer;
let connection: Connection;
let slept: number[] = [];

const cutInBody: Handler = (_request, response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"a":');
  setImmediate(() => response.destroy());
};

withLoopback((loopback) => {
  ({ server, connection } = loopback);
  slept = [];
});

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
  return new HttpTransport(connection, { userAgent: 'test/1', clock });
}

const send = (change: Partial<ApiRequest> = {}): Promise<unknown> =>
  transport().json({ method: 'GET', path: '/api/v1/pods', what: 'list pods', ...change });

describe('a request that fails', () => {
  it.each([429, 503])('is left to a caller that paces its attempts itself: %d', async (status) => {
    server.handlers = [answer(status), answer(200)];
    await expect(send({ isRepeated: false })).rejects.toMatchObject({ status });
    expect(server.received).toHaveLength(1);
  });

  it('is told of a 429 at once where that is wanted, and all wait as ever', async () => {
    server.handlers = [answer(429, {}, { 'retry-after': '7' }), answer(503), answer(200)];
    const patient = transport();
    const request: ApiRequest = { method: 'GET', path: '/api/v1/pods', what: 'list pods' };
    await expect(patient.impatient().json(request)).rejects.toMatchObject({ status: 429, retryAfterMs: 7_000 });
    expect([server.received.length, patient.heldBackMs]).toEqual([1, 7_000]);
    await patient.impatient().json(request);
    expect(server.received).toHaveLength(3);
  });

  const repeated = ['GET', 'PUT', 'PATCH', 'DELETE'] as const;

  it.each(repeated.flatMap((method) => [500, 502, 503, 504].map((status) => [method, status] as const)))(
    'is repeated: %s after %d',
    async (method, status) => {
      server.handlers = [answer(status), answer(200, { ok: true })];
      expect(await send({ method })).toEqual({ ok: true });
    },
  );

  it.each<[string, Handler]>([
    ['500', answer(500)],
    ['503', answer(503)],
    ['a lost connection', cut],
    ['an answer that is cut', cutInBody],
  ])('is never repeated when it creates something: POST after %s', async (_name, handler) => {
    server.handlers = [handler, answer(200)];
    await expect(send({ method: 'POST', body: {} })).rejects.toMatchObject({ name: 'ApiError' });
    expect(server.received).toHaveLength(1);
  });

  it.each<[string, Handler]>([
    ['a lost connection', cut],
    ['an answer that is cut', cutInBody],
  ])('is repeated after %s', async (_name, handler) => {
    server.handlers = [handler, answer(200, { ok: true })];
    expect(await send()).toEqual({ ok: true });
  });

  it.each([400, 403, 404, 409, 410, 422])('is not repeated after %d: the answer would be the same', async (status) => {
    server.handlers = [answer(status), answer(200)];
    await expect(send()).rejects.toMatchObject({ status });
    expect(server.received).toHaveLength(1);
  });

  it('is repeated after the time that the server asks for, whatever it does: the server did nothing', async () => {
    server.handlers = [answer(429, {}, { 'retry-after': '7' }), answer(201, { ok: true })];
    expect(await send({ method: 'POST', body: {} })).toEqual({ ok: true });
    expect(slept).toHaveLength(1);
    expect(slept[0]).toBeGreaterThanOrEqual(7_000);
    expect(slept[0]).toBeLessThanOrEqual(8_400);
  });

  it('puts up with two minutes of 429, with a bounded number of requests, and then says so', async () => {
    server.handlers = [answer(429, {}, { 'retry-after': '5' })];
    await expect(send()).rejects.toMatchObject({ code: 'API_TOO_MANY_REQUESTS' });
    expect(server.received.length).toBeGreaterThanOrEqual(120 / 6);
    expect(server.received.length).toBeLessThanOrEqual(120 / 5 + 2);
  });

  it.each([
    ['0', 1_000],
    ['-5', 1_000],
    ['86400', 60_000],
  ])('waits within reason when the server asks for %s s', async (asked, waitMs) => {
    server.handlers = [answer(429, {}, { 'retry-after': asked }), answer(200)];
    await send();
    expect(slept[0]).toBeGreaterThanOrEqual(waitMs);
    expect(slept[0]).toBeLessThanOrEqual(waitMs * 1.2);
  });

  it('lets through who is not throttled, whatever others are told again and again', async () => {
    const [healthy, throttled] = [answer(200, { ok: true }), answer(429, {}, { 'retry-after': '1' })];
    server.handlers = [
      (request, response) => (request.url === '/prefix/healthy' ? healthy : throttled)(request, response),
    ];
    const shared = new HttpTransport(connection, { userAgent: 'test/1' });
    const stop = new AbortController();
    const watching = async (path: string): Promise<void> => {
      while (!stop.signal.aborted) {
        await shared.stream({ method: 'GET', path, what: 'watch', signal: stop.signal }).catch(() => undefined);
      }
    };
    const watches = [1, 2, 3, 4, 5].map((index) => watching(`/watch/${index}`));
    while (shared.heldBackMs === 0) await systemClock.sleep(5);
    const startedMs = performance.now();
    for (let round = 0; round < 3; round += 1) {
      await shared.json({ method: 'GET', path: '/healthy', what: 'ask' });
    }
    expect(performance.now() - startedMs).toBeLessThan(3 * 2_000);
    stop.abort(new Error('enough'));
    await Promise.all(watches);
    expect(server.received.length).toBeLessThan(3 + 5 * 7); // each of the throttled at most once a second
  });

  it('holds back everybody who shares the connection when the server says 429', async () => {
    server.handlers = [answer(429, {}, { 'retry-after': '5' }), answer(200), answer(200)];
    const shared = transport();
    await shared.json({ method: 'GET', path: '/a', what: 'get a' });
    expect(shared.heldBackMs).toBe(0);
    server.handlers = [answer(429, {}, { 'retry-after': '5' }), answer(200), answer(200)];
    const abort = new AbortController();
    const first = shared.json({ method: 'GET', path: '/b', what: 'get b', signal: abort.signal });
    await first;
    await shared.impersonating('somebody').stream({ method: 'GET', path: '/c', what: 'watch c' });
    expect(slept.filter((ms) => ms >= 5_000)).toHaveLength(2);
  });

  it('is tried five times in all, with longer and longer waits', async () => {
    server.handlers = [answer(503, { kind: 'Status', message: 'not now' })];
    await expect(send()).rejects.toMatchObject({ code: 'API_SERVER_ERROR', message: 'cannot list pods: not now' });
    expect(server.received).toHaveLength(5);
    expect(slept).toHaveLength(4);
    for (const [index, waitMs] of slept.entries()) {
      expect(waitMs).toBeGreaterThanOrEqual(100 * 2 ** index);
      expect(waitMs).toBeLessThanOrEqual(200 * 2 ** index);
    }
  });

  it('is repeated even when it creates something, where nothing was sent: nobody listened', async () => {
    const before = await LoopbackServer.start();
    const { port } = before;
    await before[Symbol.asyncDispose]();
    const opened = await connectTo(port);
    await using after = new AsyncDisposableStack();
    const sleep = async (): Promise<void> => {
      const late = after.use(await LoopbackServer.start({ port }));
      late.handlers = [answer(201, { ok: true })];
    };
    const http = new HttpTransport(opened, { userAgent: 'test/1', clock: { ...systemClock, sleep } });
    const created = http.json({ method: 'POST', path: '/x', body: {}, what: 'create x' });
    expect(await created).toEqual({ ok: true });
    await opened.close();
  });

  it('asks the fence again before each repetition, and is not repeated once that says no', async () => {
    let answersLeft = Number.POSITIVE_INFINITY;
    const fenced = transport().fencedBy(() => {
      answersLeft -= 1;
      if (answersLeft < 0) throw new LeaseLostError('Lease a/b is not held by this replica');
    });
    const patch = () => fenced.json({ method: 'PATCH', path: '/x', body: {}, what: 'patch x' });
    server.handlers = [cut, answer(503), answer(200, { ok: true })];
    expect(await patch()).toEqual({ ok: true });
    server.received.length = 0;
    server.handlers = [cut, answer(200)];
    answersLeft = 2; // one as it is made, one as it leaves
    await expect(patch()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(server.received).toHaveLength(1);
  });
});

describe('a gate', () => {
  const get: ApiRequest = { method: 'GET', path: '/api/v1/pods', what: 'list pods' };

  it('lets so many through at once, whoever of those that share it sends them', async () => {
    let inFlight = 0;
    let most = 0;
    server.handlers = Array.from(
      { length: 8 },
      (): Handler => (request, response) => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        setTimeout(() => {
          inFlight -= 1;
          answer(200)(request, response);
        }, 5);
      },
    );
    const gated = transport().through(pLimit(2));
    const senders = [gated, gated.impersonating('a'), gated.impatient(), gated.fencedBy(() => undefined)];
    await Promise.all([...senders, ...senders].map((one) => one.json(get)));
    expect([most, server.received.length]).toEqual([2, 8]);
  });

  it('holds up no one that is apart, as a Lease is', async () => {
    server.handlers = [answer(200, { ok: true })];
    const closed = transport().through(() => new Promise(() => undefined));
    expect(await closed.apart().json(get)).toEqual({ ok: true });
  });

  it('sends nothing for a caller who has given up in front of it', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>();
    const giveUp = new AbortController();
    const waiting = transport()
      .through((through) => opened.then(through))
      .json({ ...get, signal: giveUp.signal });
    giveUp.abort(new Error('never mind'));
    open();
    await expect(waiting).rejects.toThrow('never mind');
    expect(server.received).toEqual([]);
  });
});
