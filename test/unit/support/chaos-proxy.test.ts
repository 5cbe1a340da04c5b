import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { kubeconfig } from '../../../src/local/kubeconfig.ts';
import { createPki } from '../../../src/local/pki.ts';
import { gone, goneEvent, serverError, tooManyRequests } from '../../support/chaos/fault.ts';
import { RequestLog } from '../../support/chaos/request-log.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { eventually } from '../../support/eventually.ts';

const watchPath = '/api/v1/configmaps?watch=true';
let dir: string;
let server: Server;
let proxy: ChaosProxy;
let agent: Agent;
/** Watches at the API server. */
let watches: ServerResponse[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'chaos-proxy-test-'));
  const pki = await createPki(dir, { now: new Date() });
  const read = (path: string): Promise<string> => readFile(path, 'utf8');
  const [caCert, cert, key, adminCert, adminKey] = await Promise.all([
    read(pki.caCert),
    read(pki.serverCert),
    read(pki.serverKey),
    read(pki.adminCert),
    read(pki.adminKey),
  ]);
  server = createServer({ cert, key, ca: caCert, requestCert: true, rejectUnauthorized: true }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await writeFile(join(dir, 'kubeconfig'), kubeconfig({ name: 'x', server: url, caCert, adminCert, adminKey }));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  watches = [];
  agent = new Agent({ rejectUnauthorized: false, keepAlive: true });
  proxy = await ChaosProxy.start({ kubeconfig: join(dir, 'kubeconfig') });
});
afterEach(async () => {
  agent.destroy();
  await proxy[Symbol.asyncDispose]();
});

/** The API server: a watch stays open, all else is echoed. */
function answer(from: IncomingMessage, to: ServerResponse): void {
  if (from.url?.includes('watch=true') === true) {
    to.writeHead(200);
    to.flushHeaders();
    watches.push(to);
    return;
  }
  to.setHeader('x-user', (from.socket as TLSSocket).getPeerCertificate().subject.CN ?? '');
  to.setHeader('x-authorization', from.headers.authorization ?? 'none');
  to.writeHead(201);
  from.pipe(to);
}

interface Got {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: string;
  /** `open`, `end`, or the error's code. */
  state: string;
}

/** Sends a request; what comes back fills as the answer comes. */
function send(path: string, options: { readonly method?: string; readonly body?: string } = {}): Got {
  const got: Got = { status: undefined, headers: {}, body: '', state: 'open' };
  const { method = 'GET', body = '' } = options;
  const sent = request(proxy.url + path, {
    method,
    agent,
    headers: { authorization: 'Bearer any', 'user-agent': 'me/1' },
  });
  sent.on('error', (error: NodeJS.ErrnoException) => {
    got.state = error.code ?? error.message;
  });
  sent.on('response', (response) => {
    got.status = response.statusCode;
    got.headers = response.headers;
    response.on('data', (chunk: Buffer) => {
      got.body += chunk.toString();
    });
    response.on('end', () => {
      got.state = 'end';
    });
    response.on('error', (error: NodeJS.ErrnoException) => {
      got.state = error.code ?? error.message;
    });
  });
  sent.end(body);
  return got;
}

async function whole(path: string, options: Parameters<typeof send>[1] = {}): Promise<Got> {
  const got = send(path, options);
  await eventually(() => got.state).not.toBe('open');
  return got;
}

/** A watch through the proxy, and its other end. */
async function openWatch(): Promise<{ readonly got: Got; readonly push: (line: string) => void }> {
  const before = watches.length;
  const got = send(watchPath);
  await eventually(() => [watches.length, got.status]).toEqual([before + 1, 200]);
  const end = watches[before];
  return { got, push: (line) => end?.write(`${line}\n`) };
}

describe('the chaos proxy without faults', () => {
  it('passes on requests and answers, as the user of the kubeconfig', async () => {
    const got = await whole('/api/v1/configmaps?dryRun=All', { method: 'POST', body: 'x'.repeat(300_000) });
    expect(got).toMatchObject({ status: 201, headers: { 'x-user': 'admin', 'x-authorization': 'none' }, state: 'end' });
    expect(got.body).toHaveLength(300_000);
    expect(proxy.log.summary()).toEqual({ 'POST /api/v1/configmaps 201': 1 });
  });

  it('passes on each event as it comes, and the end', async () => {
    const { got, push } = await openWatch();
    push('one');
    await eventually(() => got.body).toBe('one\n');
    push('two');
    watches[0]?.end();
    await eventually(() => got).toMatchObject({ body: 'one\ntwo\n', state: 'end' });
  });

  it('writes a kubeconfig for clients', async () => {
    const text = await readFile(proxy.kubeconfig, 'utf8');
    expect(JSON.parse(text)).toMatchObject({ clusters: [{ cluster: { server: proxy.url } }] });
  });

  it('ends a watch at the API server when its client goes', async () => {
    await openWatch();
    agent.destroy();
    await eventually(() => [watches[0]?.destroyed, proxy.openWatches, proxy.connections]).toEqual([true, 0, 0]);
  });

  it('cuts off the client when the API server goes', async () => {
    const { got } = await openWatch();
    watches[0]?.socket?.destroy();
    await eventually(() => got.state).toBe('ECONNRESET');
  });
});

describe('a fault', () => {
  it.each([
    ['429', tooManyRequests(), 429, undefined],
    ['429 with Retry-After', tooManyRequests(7), 429, '7'],
    ['500', serverError(500), 500, undefined],
    ['503', serverError(503), 503, undefined],
    ['410', gone, 410, undefined],
  ] as const)('answers %s, as often as was said', async (_name, fault, status, retryAfter) => {
    const active = proxy.faults.add({ ...fault, count: 2 });
    for (let index = 0; index < 2; index += 1) {
      const got = await whole('/x');
      expect([got.status, got.headers['retry-after']]).toEqual([status, retryAfter]);
      expect(JSON.parse(got.body)).toMatchObject({ kind: 'Status', code: status });
    }
    expect((await whole('/x')).status).toBe(201);
    expect(active.hits).toBe(2);
    expect(proxy.log.count({ status })).toBe(2);
  });

  it('befalls only what its selector chooses', async () => {
    proxy.faults.add({ ...gone, where: { method: 'GET', path: /secrets$/, isWatch: false, userAgent: /^me/ } });
    const statuses = await Promise.all([
      whole('/api/v1/secrets?limit=1'),
      whole('/api/v1/configmaps'),
      whole('/api/v1/secrets', { method: 'DELETE' }),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([410, 201, 201]);
  });

  it('is over after its time, and when it is ended', async () => {
    proxy.faults.add({ ...gone, forMs: 20 });
    const other = proxy.faults.add({ ...serverError(500), where: { path: /y/ } });
    await eventually(async () => (await whole('/x')).status).toBe(201);
    expect((await whole('/y')).status).toBe(500);
    other.end();
    expect((await whole('/y')).status).toBe(201);
  });

  it('may be a wait, or no answer at all', async () => {
    proxy.faults.add({ kind: 'latency', delayMs: [1, 20] });
    expect((await whole('/x')).status).toBe(201);
    proxy.faults.add({ kind: 'silence', where: { path: /quiet/ } });
    const quiet = send('/quiet');
    await whole('/x');
    expect([quiet.state, proxy.log.count({ path: /quiet/, status: 0 })]).toEqual(['open', 1]);
  });

  it('makes the token of a list expire, but lets the list begin', async () => {
    proxy.faults.add({ kind: 'expired-token' });
    expect((await whole('/x?limit=1')).status).toBe(201);
    const { status, body } = await whole('/x?limit=1&continue=abc');
    expect([status, JSON.parse(body)]).toMatchObject([410, { reason: 'Expired' }]);
  });

  it('lets a watch begin with an error event, and ends open ones with one', async () => {
    const { got } = await openWatch();
    expect(proxy.sendError({ code: 410, reason: 'Expired' })).toBe(1);
    proxy.faults.add({ ...goneEvent, count: 1 });
    const fresh = await whole(watchPath);
    await eventually(() => got.state).toBe('end');
    for (const each of [got, fresh]) {
      expect(JSON.parse(each.body)).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    }
    expect(watches).toHaveLength(1);
  });

  it('cuts a watch in the middle of a line, counted from its beginning', async () => {
    const { got, push } = await openWatch();
    push('before');
    await eventually(() => got.body).toBe('before\n');
    proxy.faults.add({ kind: 'cut', afterBytes: 7, count: 1 });
    push('abc');
    push('defgh');
    await eventually(() => got).toMatchObject({ body: 'before\nabc\ndef', state: 'ECONNRESET' });
    expect((await openWatch()).got.state).toBe('open');
  });

  it('cuts a list half-way through its answer', async () => {
    const post = { method: 'POST', body: 'abcdef' };
    const active = proxy.faults.add({ kind: 'half-answer', count: 1 });
    expect(await whole('/x', post)).toMatchObject({ status: 201, body: 'abc', state: 'ECONNRESET' });
    expect((await whole('/x', post)).body).toBe('abcdef');
    expect(active.hits).toBe(1);
  });

  it('ends watches as the API server does it: open ones, and new ones before their first event', async () => {
    const { got, push } = await openWatch();
    push('one');
    await eventually(() => got.body).toBe('one\n');
    expect(proxy.endWatches({ path: /secrets/ })).toBe(0);
    expect(proxy.endWatches()).toBe(1);
    await eventually(() => got).toMatchObject({ body: 'one\n', state: 'end' });
    proxy.faults.add({ kind: 'empty-watch', count: 1 });
    expect(await whole(watchPath)).toMatchObject({ status: 200, body: '', state: 'end' });
    await eventually(() => [watches.length, proxy.openWatches, watches[0]?.destroyed]).toEqual([1, 0, true]);
    expect((await openWatch()).got.state).toBe('open');
  });

  it('holds events back and lets them go, in order', async () => {
    const { got, push } = await openWatch();
    const stall = proxy.faults.add({ kind: 'stall' });
    push('one');
    push('two');
    watches[0]?.end();
    await eventually(() => stall.hits).toBe(2);
    expect(got).toMatchObject({ body: '', state: 'open' });
    stall.end();
    await eventually(() => got).toMatchObject({ body: 'one\ntwo\n', state: 'end' });
  });

  it('doubles events', async () => {
    const { got, push } = await openWatch();
    proxy.faults.add({ kind: 'duplicate', count: 1 });
    push('one');
    push('two');
    await eventually(() => got.body).toBe('one\none\ntwo\n');
  });

  it('lets events come again late, after others', async () => {
    const { got, push } = await openWatch();
    proxy.faults.add({ kind: 'duplicate', afterEvents: 2, count: 2 });
    for (const line of ['1', '2', '3', '4', '5']) push(line);
    await eventually(() => got.body).toBe('1\n2\n3\n1\n4\n2\n5\n');
  });
});

describe('a connection', () => {
  it('that went half-open stays so when new ones come through again', async () => {
    const { got, push } = await openWatch();
    const heal = proxy.halfOpen();
    push('lost');
    agent = new Agent({ rejectUnauthorized: false });
    const fresh = send('/x');
    await eventually(() => proxy.connections).toBe(2);
    heal();
    agent = new Agent({ rejectUnauthorized: false });
    expect((await whole('/x')).status).toBe(201);
    expect([got.state, got.body, fresh.state]).toEqual(['open', '', 'open']);
    await proxy.refuse();
    await eventually(() => [got.state, fresh.state]).toEqual(['ECONNRESET', 'ECONNRESET']);
  });

  it('can go half-open alone, while new ones come through', async () => {
    const { got, push } = await openWatch();
    proxy.halfOpen({ fresh: false });
    push('lost');
    const second = new Agent({ rejectUnauthorized: false });
    const first = agent;
    agent = second;
    expect((await whole('/x')).status).toBe(201);
    expect([got.state, got.body]).toEqual(['open', '']);
    first.destroy();
  });

  it('is refused while the door is shut, and taken at the same address afterwards', async () => {
    const { url } = proxy;
    await proxy.refuse();
    expect((await whole('/x')).state).toBe('ECONNREFUSED');
    await proxy.accept();
    expect(proxy.url).toBe(url);
    expect((await whole('/x')).status).toBe(201);
  });

  it('can be reset, and a watch cut', async () => {
    const first = await openWatch();
    expect(proxy.cutWatches({ path: /secrets/ })).toBe(0);
    expect(proxy.cutWatches({ path: /configmaps/ })).toBe(1);
    await eventually(() => first.got.state).toBe('ECONNRESET');
    const second = await openWatch();
    proxy.cutConnections();
    await eventually(() => second.got.state).toBe('ECONNRESET');
  });
});

describe('the request log', () => {
  it('knows the busiest minute', () => {
    const log = new RequestLog();
    const seen = { method: 'GET', url: '/x', path: '/x', isWatch: false, userAgent: '' };
    const times = [0, 10, 59_999, 60_000, 60_005, 200_000];
    for (const atMs of times) Object.assign(log.add(seen), { atMs });
    expect(log.busiest()).toBe(4);
    expect(log.busiest({}, 20)).toBe(3);
    expect(log.busiest({ isWatch: true })).toBe(0);
    expect(log.count({ sinceMs: 60_000 })).toBe(3);
  });
});

describe('the end of the proxy', () => {
  it('leaves no socket and no file, whatever is open', async () => {
    const { got } = await openWatch();
    proxy.halfOpen();
    proxy.faults.add({ ...gone, forMs: 3_600_000 });
    await proxy[Symbol.asyncDispose]();
    await eventually(() => got.state).toBe('ECONNRESET');
    await expect(readFile(proxy.kubeconfig)).rejects.toMatchObject({ code: 'ENOENT' });
    await eventually(() => watches[0]?.destroyed).toBe(true);
    proxy = await ChaosProxy.start({ kubeconfig: join(dir, 'kubeconfig') });
  });
});
