// What is built, from which module, with which flags: the whole of it decides the key of the cache. Pure.
import { createHash } from 'node:crypto';
import type { Version } from './version.ts';

/** The control plane's version; a client may be one minor older or newer. */
export const kubernetesVersion: Version = [1, 36, 3];
/** The oldest Go that compiles the modules. */
export const minimumGo: Version = [1, 26, 0];
/** Room for Go's caches (measured: 4.8 GB) and the binaries. */
export const neededDiskBytes = 7_000_000_000;

/** One `go build`. */
export interface GoTarget {
  /** Folder under `local-cluster/`. */
  readonly module: string;
  readonly package: string;
  /** File name of the binary. */
  readonly output: string;
  readonly ldflags: string;
  /** Further names of the same binary, which picks what it is by argv[0]. */
  readonly links: readonly string[];
}

/** Shared by all targets: reproducible, without the parts of etcd and kwok that only their tests need. */
export const buildFlags: readonly string[] = ['-trimpath', '-buildvcs=false', '-tags', 'selinux,notest,grpcnotrace'];

const strip = '-s -w';

/** Without this stamp the server calls itself v0.0.0-master and helm refuses charts with a `kubeVersion`. */
function kubernetesStamp(): string {
  const [major, minor, patch] = kubernetesVersion;
  const values = {
    gitVersion: `v${major}.${minor}.${patch}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z', // fixed: the build is a function of its inputs
  };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap((path) => Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`))
    .join(' ');
}

/** The control plane, the longest first. */
export const controlPlaneTargets: readonly GoTarget[] = [
  {
    module: 'k8s',
    package: '.',
    output: 'kube-control-plane',
    ldflags: `${strip} ${kubernetesStamp()}`,
    links: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
  },
  { module: 'etcd', package: 'go.etcd.io/etcd/server/v3', output: 'etcd', ldflags: strip, links: [] },
  { module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', output: 'kwok', ldflags: strip, links: [] },
];

/** The clients, each built only where neither PATH nor npm has one. */
export const clientTargets = {
  helm: {
    module: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    output: 'helm',
    ldflags: `${strip} -X helm.sh/helm/v4/internal/version.version=v4.2.3`,
    links: [],
  },
  kubectl: {
    module: 'k8s',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    output: 'kubectl',
    ldflags: `${strip} ${kubernetesStamp()}`,
    links: [],
  },
} as const satisfies Record<string, GoTarget>;

/** All file names that a complete directory of binaries holds. */
export const componentBinaries: readonly string[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
];

/**
 * The cache key of `targets`: equal inputs give an equal directory, any other flag or module version another one.
 * @param sources content of each module's files (go.mod, go.sum, main.go), by `module/file`
 */
export function cacheKey(targets: readonly GoTarget[], sources: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([targets, buildFlags, process.platform, process.arch]));
  for (const [path, content] of [...sources].sort(([left], [right]) => (left < right ? -1 : 1))) {
    hash.update(`\0${path}\0${content}`);
  }
  return hash.digest('hex').slice(0, 16);
}
