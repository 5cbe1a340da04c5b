// The command lines of the control plane's processes: pure.
import { join } from 'node:path';
import type { ClusterPaths } from './cluster-paths.ts';
import { pkiFiles } from './pki.ts';

/** The processes in the order in which they are started; they are stopped in the reverse one. */
export const componentNames = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'] as const;

/** One of {@link componentNames}, and the name of its binary. */
export type ComponentName = (typeof componentNames)[number];

/** What the command lines depend on. */
export interface ComponentInput {
  readonly paths: ClusterPaths;
  readonly etcdPort: number;
  readonly apiServerPort: number;
  /** kwok's configuration: what its nodes and pods do. */
  readonly stagesFile: string;
  /** More flags of the API server. Default none. */
  readonly apiServerFlags?: Flags | undefined;
}

/** Names without dashes in front, and their values. */
export type Flags = Readonly<Record<string, string | number | boolean>>;

/** Addresses of Services; the first is `kubernetes.default`, which the serving certificate names. */
const serviceCidr = '10.0.0.0/16';
/** Addresses of pods; outside of the Services'. */
const podCidr = '10.244.0.0/16';

/** The URL of etcd's clients. */
export function etcdUrl({ etcdPort }: Pick<ComponentInput, 'etcdPort'>): string {
  return `http://127.0.0.1:${etcdPort}`;
}

/** The arguments of a component. */
export function componentArgs(name: ComponentName, input: ComponentInput): string[] {
  return args(flagsOf(name, input));
}

function args(flags: Flags): string[] {
  return Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
}

function flagsOf(name: ComponentName, input: ComponentInput): Flags {
  const { paths } = input;
  const pki = pkiFiles(paths.pkiDir);
  // A local client on an idle machine: the server is not to be protected from it.
  const client = { kubeconfig: paths.kubeconfig, 'leader-elect': false, 'secure-port': 0 };
  const fast = { 'kube-api-qps': 500, 'kube-api-burst': 1000 };
  switch (name) {
    case 'etcd':
      return {
        name: 'local',
        'data-dir': paths.etcdDir,
        'listen-client-urls': etcdUrl(input),
        'advertise-client-urls': etcdUrl(input),
        'listen-peer-urls': 'http://127.0.0.1:0',
        'unsafe-no-fsync': true,
        'log-level': 'warn',
      };
    case 'kube-apiserver':
      return {
        'etcd-servers': etcdUrl(input),
        'bind-address': '127.0.0.1',
        'advertise-address': '127.0.0.1',
        'secure-port': input.apiServerPort,
        // The address is a loopback one, which an Endpoints object may not hold.
        'endpoint-reconciler-type': 'none',
        'cert-dir': join(paths.stateDir, 'apiserver'),
        'tls-cert-file': pki.serverCert,
        'tls-private-key-file': pki.serverKey,
        'client-ca-file': pki.caCert,
        'service-account-issuer': 'https://kubernetes.default.svc',
        'service-account-key-file': pki.serviceAccountPublicKey,
        'service-account-signing-key-file': pki.serviceAccountKey,
        'authorization-mode': 'Node,RBAC',
        'service-cluster-ip-range': serviceCidr,
        'allow-privileged': true,
        ...input.apiServerFlags,
      };
    case 'kube-controller-manager':
      return {
        ...client,
        ...fast,
        'service-account-private-key-file': pki.serviceAccountKey,
        'root-ca-file': pki.caCert,
        // A laptop that slept must not find all its nodes evicted.
        'node-monitor-grace-period': '24h',
      };
    case 'kube-scheduler':
      return { ...client, ...fast };
    case 'kwok':
      return {
        kubeconfig: paths.kubeconfig,
        config: input.stagesFile,
        'manage-all-nodes': true,
        'node-ip': '127.0.0.1',
        cidr: podCidr,
        'node-lease-duration-seconds': 40,
      };
  }
}
