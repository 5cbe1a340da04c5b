import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../../src/http/http-server.ts';
import { startProbeServer } from '../../../src/http/probe-server.ts';

const servers: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(address: string, waitingFor: () => readonly string[] = () => []): Promise<RunningServer> {
  const server = await startProbeServer({ address, waitingFor });
  servers.push(server);
  return server;
}

async function get(port: number, path: string, host = '127.0.0.1'): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://${host}:${port}${path}`);
  return { status: response.status, text: await response.text() };
}

describe('the probes', () => {
  it.for<[string, string[], number, string]>([
    ['/healthz', [], 200, 'ok\n'],
    ['/readyz', [], 200, 'ok\n'],
    ['/readyz?verbose', [], 200, 'ok\n'],
    ['/healthz', ['BookStore'], 200, 'ok\n'],
    ['/readyz', ['BookStore', 'Secret'], 503, 'waiting for BookStore, Secret\n'],
    ['/', [], 404, 'not found\n'],
    ['/metrics', [], 404, 'not found\n'],
    ['/readyz/x', [], 404, 'not found\n'],
  ])('answer %s while waiting for %j with %d', async ([path, waitingFor, status, text]) => {
    const { port } = await start('127.0.0.1:0', () => waitingFor);
    expect(await get(port, path)).toEqual({ status, text });
  });

  it('become ready and unready as the operator does', async () => {
    let waitingFor = ['BookStore'];
    const { port } = await start('127.0.0.1:0', () => waitingFor);
    expect((await get(port, '/readyz')).status).toBe(503);
    waitingFor = [];
    expect((await get(port, '/readyz')).status).toBe(200);
    waitingFor = ['Secret'];
    expect((await get(port, '/readyz')).status).toBe(503);
  });

  it('answer on all addresses where no host is named', async () => {
    const { port } = await start(':0');
    expect((await get(port, '/healthz')).status).toBe(200);
  });

  it('stop at once, connections that are kept open included', async () => {
    const server = await startProbeServer({ address: '127.0.0.1:0', waitingFor: () => [] });
    await get(server.port, '/healthz'); // fetch keeps its connection
    await server.stop();
    await expect(get(server.port, '/healthz')).rejects.toThrow();
  });

  it.each(['8081', 'localhost', '127.0.0.1:', ':65536', ':-1', '::1:8081', 'http://x:80', ':8081 ', ''])(
    'refuse the address %j',
    async (address) => {
      await expect(start(address)).rejects.toMatchObject({
        code: 'ADDRESS_INVALID',
        isTerminal: true,
        message: `"${address}" is not an address to listen on`,
      });
    },
  );

  it('say that a port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    await expect(start(`127.0.0.1:${port}`)).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      isTerminal: true,
      message: `cannot listen on 127.0.0.1:${port}: EADDRINUSE`,
      remedy: expect.stringContaining('--health-probe-bind-address'),
    });
    other.close();
  });
});
