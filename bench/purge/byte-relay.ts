// A relay in front of the API server that counts what its clients receive. It does not look into TLS.
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';

/** A running relay. Dispose it: no socket stays. */
export class ByteRelay implements AsyncDisposable {
  /** The API server's certificate is good for any port of this address. */
  readonly kubeconfig: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #received = 0;

  private constructor(server: Server, to: { readonly url: URL; readonly kubeconfig: string }) {
    this.#server = server;
    this.kubeconfig = to.kubeconfig;
    server.on('connection', (client: Socket) => {
      const upstream = connect({ host: to.url.hostname, port: Number(to.url.port) });
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('close', () => this.#sockets.delete(socket));
      }
      upstream.on('data', (chunk: Buffer) => {
        this.#received += chunk.length;
      });
      pipeline(client, upstream, client, () => undefined); // either may go away as it likes
    });
  }

  /** `directory` gets the kubeconfig that leads through it. */
  static async start(cluster: {
    readonly kubeconfig: string;
    readonly server: string;
    readonly directory: string;
  }): Promise<ByteRelay> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const kubeconfig = join(cluster.directory, 'kubeconfig-of-relay');
    const text = await readFile(cluster.kubeconfig, 'utf8');
    await writeFile(kubeconfig, text.replaceAll(cluster.server, `https://127.0.0.1:${port}`), { mode: 0o600 });
    return new ByteRelay(server, { url: new URL(cluster.server), kubeconfig });
  }

  /** Bytes that clients have received since the start, TLS included. */
  get received(): number {
    return this.#received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
