import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as sendOn } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createNetServer, connect as dial, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../src/kube/api-request.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { HttpTransport } from '../../../src/kube/http.ts';
import { connectTimeoutMs, idleMs } from '../../../src/kube/sockets.ts';
import { issueCertificate } from '../../../src/lib/certificate.ts';
import { answer, connectTo, type Handler, LoopbackServer, MuteServer, portOf } from '../../support/loopback-server.ts';

const get: ApiRequest = { method: 'GET', path: '/x', what: 'get x', isRepeated: false };
const transport = (connection: Connection): HttpTransport => new HttpTransport(connection, { userAgent: 'test/1' });

describe.concurrent('sockets', () => {
  it('are kept from one renewal of a Lease to the next', async ({ expect }) => {
    await using server = await LoopbackServer.start();
    server.handlers = [answer(200)];
    const connection = await connectTo(server.port);
    await transport(connection).json(get);
    await delay(5_500);
    await transport(connection).json(get);
    expect([server.received.length, server.connections]).toEqual([2, 1]);
    expect(idleMs).toBeLessThan(60_000); // load balancers forget
    await connection.close();
  });

  it.each(['DELETE', 'POST', 'PUT', 'PATCH'] as const)('are kept after a %s with a body', async (method) => {
    await using server = await LoopbackServer.start();
    server.handlers = [answer(200)];
    const connection = await connectTo(server.port);
    const write: ApiRequest = { ...get, method, body: { kind: 'DeleteOptions' } };
    for (let count = 0; count < 6; count += 1) await transport(connection).json(write);
    expect(server.received).toHaveLength(6);
    expect(server.connections).toBeLessThanOrEqual(2); // one is free again only in the next turn of the event loop
    await connection.close();
  });

  it('are closed before a server closes them that says when it will', async ({ expect }) => {
    await using server = await LoopbackServer.start();
    server.handlers = [answer(200, {}, { 'keep-alive': 'timeout=3' })];
    const connection = await connectTo(server.port);
    await transport(connection).json(get);
    await delay(1_500);
    await transport(connection).json({ ...get, method: 'POST', body: {} });
    expect([server.received.length, server.connections]).toEqual([2, 2]);
    await connection.close();
  });

  it('are given up when they are not connected, TLS and all, after five seconds', async ({ expect }) => {
    await using mute = await MuteServer.start();
    const connection = await connectTo(`https://127.0.0.1:${mute.port}`);
    const startedMs = performance.now();
    await expect(transport(connection).json(get)).rejects.toMatchObject({
      code: 'API_UNREACHABLE',
      message: expect.stringContaining('Connect Timeout Error'),
      isUnsent: true,
    });
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(connectTimeoutMs - 600);
    expect(tookMs).toBeLessThan(connectTimeoutMs + 4_000);
    await connection.close();
  });

  it('are enough for a request however many watches are open, each with one to itself', async ({ expect }) => {
    await using server = await LoopbackServer.start();
    const watch: Handler = (_request, response) => {
      response.writeHead(200);
      response.write('one\n');
    };
    server.handlers = [...Array.from({ length: 100 }, () => watch), answer(200, { ok: true })];
    const connection = await connectTo(server.port);
    const http = transport(connection);
    const watches = Array.from({ length: 100 }, () => http.stream({ ...get, query: { watch: 'true' } }));
    await Promise.all(watches);
    expect(await http.json({ ...get, timeoutMs: 5_000 })).toEqual({ ok: true });
    expect(server.connections).toBe(101);
    await connection.close();
  });
});

describe('a kubeconfig’s', () => {
  it.each([
    ['authority and server name are asked of the server', 'api.test', true, undefined],
    ['authority is the only one that is believed', 'api.test', false, /self-signed certificate|unable to verify/],
    ['server name has to be the certificate’s', 'other.test', true, /does not match certificate/],
  ])('%s', async (_name, serverName, isKnown, refusal) => {
    const [own, other] = [selfSigned('api.test'), selfSigned('api.test')];
    const server = createTlsServer(own, (_request, response) => response.end('{"ok":true}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connection = await connectTo(`https://127.0.0.1:${portOf(server)}`, {
      cluster: {
        'insecure-skip-tls-verify': false,
        'certificate-authority-data': Buffer.from((isKnown ? own : other).cert).toString('base64'),
        'tls-server-name': serverName,
      },
    });
    const asked = transport(connection).json(get);
    if (refusal === undefined) expect(await asked).toEqual({ ok: true });
    else
      await expect(asked).rejects.toMatchObject({ code: 'API_UNREACHABLE', message: expect.stringMatching(refusal) });
    await connection.close();
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['HTTP', startHttpProxy],
    ['SOCKS', startSocksProxy],
  ])('proxy is gone through: %s', async (_name, startProxy) => {
    await using server = await LoopbackServer.start();
    server.handlers = [answer(200, { ok: true })];
    const proxy = await startProxy();
    const connection = await connectTo(server.port, { cluster: { 'proxy-url': proxy.url } });
    expect(await transport(connection).json(get)).toEqual({ ok: true });
    expect(proxy.passed()).toBe(1);
    expect(server.received).toMatchObject([{ url: '/prefix/x', headers: { authorization: 'Bearer secret' } }]);
    await connection.close();
    proxy.stop();
  });
});

interface Proxy {
  readonly url: string;
  readonly passed: () => number;
  readonly stop: () => void;
}

async function startHttpProxy(): Promise<Proxy> {
  let passed = 0;
  const server = createServer((request: IncomingMessage, response) => {
    passed += 1;
    const sent = sendOn(request.url ?? '', { headers: request.headers }, (inner) => inner.pipe(response));
    request.pipe(sent);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${portOf(server)}`, passed: () => passed, stop };
}

/** Version 5, without authentication, to IPv4 addresses. */
async function startSocksProxy(): Promise<Proxy> {
  let passed = 0;
  const sockets = new Set<Socket>();
  const server = createNetServer((client) => {
    passed += 1;
    sockets.add(client);
    client.on('error', () => undefined);
    client.once('data', () => {
      client.write(Buffer.from([5, 0]));
      client.once('data', (wish: Buffer) => {
        const inner = dial(wish.readUInt16BE(8), [...wish.subarray(4, 8)].join('.'));
        sockets.add(inner);
        inner.on('error', () => undefined);
        client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        client.pipe(inner).pipe(client);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: `socks5://127.0.0.1:${portOf(server)}`, passed: () => passed, stop };
}

function selfSigned(name: string): { readonly key: string; readonly cert: string } {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = { commonName: name };
  const cert = issueCertificate({
    subject,
    key,
    issuer: { subject, key },
    use: 'server',
    dnsNames: [name],
    ipAddresses: [],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  });
  return { key: key.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}
