// A few requests to the API server as the cluster's admin: enough to see it ready and to add its nodes.
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import type { PkiFiles } from './pki.ts';

/** What the server answered. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: string;
}

const timeoutMs = 10_000;

/** One server with the admin's certificate; close it when done. */
export class LocalApi implements Disposable {
  readonly #server: string;
  readonly #agent: Agent;

  constructor(server: string, credentials: { readonly ca: string; readonly cert: string; readonly key: string }) {
    this.#server = server;
    this.#agent = new Agent({ ...credentials, keepAlive: true });
  }

  /** Reads the credentials from the PKI's files. */
  static async open(server: string, pki: PkiFiles): Promise<LocalApi> {
    const files = [pki.caCert, pki.adminCert, pki.adminKey].map((path) => readFile(path, 'utf8'));
    const [ca = '', cert = '', key = ''] = await Promise.all(files);
    return new LocalApi(server, { ca, cert, key });
  }

  /** GET of a path. Rejects where there is no answer within ten seconds. */
  get(path: string): Promise<ApiAnswer> {
    return this.#send('GET', path);
  }

  /** POST of an object as JSON. */
  post(path: string, object: unknown): Promise<ApiAnswer> {
    return this.#send('POST', path, JSON.stringify(object));
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body?: string): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const url = new URL(path, this.#server);
      const call = request(url, { method, headers, agent: this.#agent, timeout: timeoutMs }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
        answer.on('error', reject);
      });
      call.on('timeout', () => call.destroy(new Error(`no answer from ${url.href} within ${timeoutMs / 1000} s`)));
      call.on('error', reject);
      call.end(body);
    });
  }
}
