// Free TCP ports on the loopback address.
import { createServer } from 'node:net';
import { LocalClusterError } from './local-error.ts';

/** `count` different ports that nobody listens on now. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => listen(0)));
  return Promise.all(held.map((server) => server.close()));
}

/** @throws LocalClusterError `LOCAL_PORT_TAKEN`, with `what` was to listen there */
export async function assertPortFree(port: number, what: string): Promise<void> {
  try {
    await (await listen(port)).close();
  } catch (error) {
    throw new LocalClusterError('LOCAL_PORT_TAKEN', `port ${port} of 127.0.0.1, meant for ${what}, cannot be had`, {
      cause: error,
      remedy: `See who listens there (ss -ltnp 'sport = :${port}'), or choose another port with --port.`,
    });
  }
}

async function listen(port: number): Promise<{ close: () => Promise<number> }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return { close: () => new Promise((resolve) => server.close(() => resolve(bound))) };
}
