// Ports that can be had, and the error for one that cannot.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { assertPortFree, freePorts } from '../../../src/local/ports.ts';

test('free ports differ and can be listened on', async () => {
  const ports = await freePorts(5);
  expect(new Set(ports).size).toBe(5);
  for (const port of ports) await assertPortFree(port, 'etcd');
});

test('a taken port is an error that names it, its purpose and the way out', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(assertPortFree(port, 'the API server')).rejects.toMatchObject({
    code: 'LOCAL_PORT_TAKEN',
    message: `port ${port} of 127.0.0.1, meant for the API server, cannot be had`,
    remedy: expect.stringContaining('--port'),
  });
  server.close();
});
