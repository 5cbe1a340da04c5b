// A loopback server for the tests of a file, and for each test a connection of its own.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Connection } from '../../src/kube/connection.ts';
import { connectTo, LoopbackServer } from './loopback-server.ts';

/** What a test works with. */
export interface Loopback {
  /** The same for all; what it has received is forgotten before each test. */
  readonly server: LoopbackServer;
  readonly connection: Connection;
}

/** Starts the server before the file's first test, and ends it after the last. `take` is given what the next test has. */
export function withLoopback(take: (loopback: Loopback) => void): void {
  let server: LoopbackServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await LoopbackServer.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    server.received.length = 0;
    connection = await connectTo(server.port);
    take({ server, connection });
  });
  afterEach(async () => {
    await connection.close();
  });
}
