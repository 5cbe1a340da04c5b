import { afterEach, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../../src/http/http-server.ts';
import { startMetricsServer } from '../../../src/http/metrics-server.ts';

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
