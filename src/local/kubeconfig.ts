// The kubeconfig of a local cluster: complete in itself, so that it can be copied anywhere on this machine. Pure.

/** What goes in; certificates and key as PEM. */
export interface KubeconfigInput {
  readonly name: string;
  readonly server: string;
  readonly caCert: string;
  readonly adminCert: string;
  readonly adminKey: string;
}

/** The document, with one cluster, one user and one context, all of one name. */
export function kubeconfig(input: KubeconfigInput): string {
  const base64 = (pem: string) => Buffer.from(pem, 'utf8').toString('base64');
  const name = `bookstore-local-${input.name}`;
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
  - name: ${name}
    cluster:
      server: ${input.server}
      certificate-authority-data: ${base64(input.caCert)}
contexts:
  - name: ${name}
    context:
      cluster: ${name}
      user: ${name}
users:
  - name: ${name}
    user:
      client-certificate-data: ${base64(input.adminCert)}
      client-key-data: ${base64(input.adminKey)}
`;
}
