import { request } from 'node:https';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/http/http-server.ts';
import { startMetricsServer } from '../../../src/http/metrics-server.ts';
import { selfSigned } from '../../../src/http/self-signed.ts';

let server: RunningServer | undefined;
afterEach(() => server?.stop());

async function get(path: string, authorization?: string): Promise<readonly [number, string]> {
  server = await startMetricsServer({
    address: '127.0.0.1:0',
    expose: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
    review: async (token) => {
      if (token === 'away') throw new Error('no API server');
      return token === 'good' ? 'allowed' : token === 'known' ? 'forbidden' : 'unauthenticated';
    },
  });
  const headers = authorization === undefined ? {} : { authorization };
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers });
  return [response.status, await response.text()];
}

describe('/metrics', () => {
  test.each([
    ['a token that is allowed', '/metrics', 'Bearer good', 200, 'up 1'],
    ['no token', '/metrics', undefined, 401, 'bearer token'],
    ['a token nobody knows', '/metrics', 'Bearer bad', 401, 'bearer token'],
    ['a password', '/metrics', 'Basic Z29vZA==', 401, 'bearer token'],
    ['a token without the right', '/metrics', 'Bearer known', 403, 'metrics-reader'],
    ['an API server that cannot be asked', '/metrics', 'Bearer away', 503, 'cannot be asked'],
    ['another path', '/debug', 'Bearer good', 404, 'not found'],
  ] as const)('%s', async (_case, path, authorization, status, text) => {
    const [actual, body] = await get(path, authorization);
    expect(actual).toBe(status);
    expect(body).toContain(text);
  });
});

describe('/metrics as HTTPS', () => {
  test('is served with a certificate that vouches for itself, and asks for the token as well', async () => {
    const now = new Date();
    server = await startMetricsServer({
      address: '127.0.0.1:0',
      expose: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }),
      review: async () => 'allowed',
      tls: await selfSigned('pod-1', now),
    });
    const { port } = server;
    const [status, certificate] = await new Promise<[number, PeerCertificate]>((resolve, reject) => {
      request({ port, path: '/metrics', rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve([response.statusCode ?? 0, (response.socket as TLSSocket).getPeerCertificate()]);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(401);
    expect(certificate.subject.CN).toBe('bookstore-operator');
    expect(certificate.subjectaltname).toContain('DNS:pod-1');
    expect(Date.parse(certificate.valid_from)).toBeLessThan(now.getTime());
    expect(Date.parse(certificate.valid_to) - now.getTime()).toBeGreaterThan(5 * 365 * 86_400_000);
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
  });
});
