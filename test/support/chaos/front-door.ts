// The proxy's listening socket: relays raw bytes, and can be shut, cut, or go half-open, below TLS as real networks do.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Which connections go half-open. */
export interface HalfOpenScope {
  /** Those that are there. Bytes that were swallowed never come: such a connection stays dead. Default true. */
  readonly existing?: boolean;
  /** Those that come while it lasts; dead for good, too. Default true. */
  readonly fresh?: boolean;
}

interface Relay {
  readonly client: Socket;
  readonly inner: Socket;
  isDead: boolean;
}

/** Relays TCP connections to a port of this machine. */
export class FrontDoor {
  readonly #innerPort: number;
  readonly #relays = new Set<Relay>();
  #server: Server | undefined;
  #port = 0;
  #halfOpens = 0;
  #seen = 0;

  constructor(innerPort: number) {
    this.#innerPort = innerPort;
  }

  /** 0 before the first opening; the same ever after. */
  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#relays.size;
  }

  /** All that ever came. */
  get seen(): number {
    return this.#seen;
  }

  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ noDelay: true }, (client) => this.#relay(client));
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Connections are refused from now on, and those that are there are reset. */
  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.cut();
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }

  /** Resets all connections. */
  cut(): void {
    for (const { client, inner } of this.#relays) {
      client.resetAndDestroy();
      inner.destroy();
    }
  }

  /** Swallows bytes both ways until the function that comes back is called. */
  halfOpen(scope: HalfOpenScope = {}): () => void {
    if (scope.existing ?? true) for (const relay of this.#relays) kill(relay);
    if (!(scope.fresh ?? true)) return () => undefined;
    this.#halfOpens += 1;
    let isOver = false;
    return () => {
      if (!isOver) this.#halfOpens -= 1;
      isOver = true;
    };
  }

  #relay(client: Socket): void {
    this.#seen += 1;
    const inner = connect({ port: this.#innerPort, host: '127.0.0.1', noDelay: true });
    const relay: Relay = { client, inner, isDead: false };
    this.#relays.add(relay);
    if (this.#halfOpens > 0) kill(relay);
    for (const [from, to] of [
      [client, inner],
      [inner, client],
    ] as const) {
      from.on('data', (bytes: Buffer) => {
        if (!relay.isDead && !to.write(bytes)) from.pause();
      });
      to.on('drain', () => from.resume());
      from.on('end', () => {
        if (!relay.isDead) to.end();
      });
      from.on('error', () => undefined); // 'close' follows
    }
    client.on('close', () => {
      this.#relays.delete(relay);
      inner.destroy();
    });
    inner.on('close', (hadError) => {
      if (relay.isDead) return; // nobody tells the client
      if (hadError) client.resetAndDestroy();
      else client.destroySoon();
    });
  }
}

/** From here on its bytes lead nowhere. */
function kill(relay: Relay): void {
  relay.isDead = true;
  relay.client.resume();
  relay.inner.destroy();
}
