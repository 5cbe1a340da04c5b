// From options to a client, for whoever wires: kubeconfig → connection → transport → client.

import { KubeClient } from './client.ts';
import { connect } from './connection.ts';
import { HttpTransport, type HttpTransportOptions } from './http.ts';
import type { KubeconfigOptions } from './kubeconfig.ts';

/** A client and how to end it. */
export interface OpenClient {
  readonly client: KubeClient;
  /** Milliseconds for which requests are held back after a 429; 0 when they are not. */
  readonly heldBackMs: () => number;
  /** Closes the sockets. */
  readonly close: () => Promise<void>;
}

/** Opens a client without sending anything yet. @throws ApiError `KUBECONFIG_INVALID` */
export async function openClient(options: KubeconfigOptions & Partial<HttpTransportOptions>): Promise<OpenClient> {
  const connection = await connect(options);
  const transport = new HttpTransport(connection, { userAgent: 'bookstore-operator', ...options });
  return {
    client: new KubeClient(transport),
    heldBackMs: () => transport.heldBackMs,
    close: () => connection.close(),
  };
}
