// Bytes counted on their way from a server to its clients.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ByteRelay } from '../../../../bench/purge/byte-relay.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'byte-relay-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('it counts what the server sends, not what the client does, and its kubeconfig leads through it', async () => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.end('x'.repeat(100_000)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, `clusters: [{cluster: {server: ${url}}}]`);
  await using relay = await ByteRelay.start({ kubeconfig, server: url, directory });
  const [, port] = /https:\/\/127\.0\.0\.1:(\d+)/.exec(await readFile(relay.kubeconfig, 'utf8')) ?? [];
  const client = connect({ host: '127.0.0.1', port: Number(port) });
  client.write('y'.repeat(5_000));
  expect(await text(client)).toHaveLength(100_000);
  expect(relay.received).toBe(100_000);
  server.close();
});
