// The manifests for the operator's own installation: hardened, complete, and in agreement with each other and the package.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');

interface Labelled {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Labelled;
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
}

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly valueFrom?: unknown }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly resources: { readonly limits: Readonly<Record<string, string>> };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe: unknown;
  readonly livenessProbe: unknown;
  readonly readinessProbe: unknown;
}

interface Deployment {
  readonly metadata: Labelled;
  readonly spec: {
    readonly replicas: number;
    readonly strategy: { readonly type: string };
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: Labelled;
      readonly spec: Readonly<Record<string, unknown>> & {
        readonly serviceAccountName: string;
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly [Container];
        readonly volumes: readonly { readonly name: string; readonly emptyDir?: unknown }[];
      };
    };
  };
}

const documents = (path: string): Manifest[] => parseAllDocuments(read(path)).map((each) => each.toJS() as Manifest);
const manifestFiles = ['deploy/namespace.yaml', 'deploy/rbac.yaml', 'deploy/operator.yaml'];
const samples = readdirSync(`${root}/deploy/samples`).map((file) => `deploy/samples/${file}`);
const rbac = documents('deploy/rbac.yaml');
const deployment = parse(read('deploy/operator.yaml')) as Deployment;
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const kustomization = parse(read('deploy/kustomization.yaml')) as {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
};
const version = (JSON.parse(read('package.json')) as { readonly version: string }).version;

function named(kind: string, name: string): Manifest {
  const found = rbac.find((each) => each.kind === kind && each.metadata.name === name);
  if (found === undefined) throw new Error(`deploy/rbac.yaml has no ${kind} ${name}`);
  return found;
}

describe('the operator’s pod', () => {
  it('meets restricted pod security', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    for (const hole of ['hostNetwork', 'hostPID', 'hostIPC', 'hostUsers', 'initContainers']) {
      expect(pod).not.toHaveProperty(hole);
    }
    for (const { emptyDir } of pod.volumes) expect(emptyDir).toBeDefined();
  });

  it('runs as the user and the group of the image, because USER alone leaves the group 0', () => {
    expect(pod.securityContext).toMatchObject({ runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 });
    expect(read('Dockerfile')).toMatch(/^USER 65532:65532$/m);
  });

  it('ends every helm with itself: it shares its process namespace with nobody', () => {
    expect(pod).not.toHaveProperty('shareProcessNamespace');
    expect(container).not.toHaveProperty('command');
  });

  it('has a scratch directory for every directory that the image’s environment names', () => {
    const writable = [...read('Dockerfile').matchAll(/\b(?:HOME|KUBECACHEDIR|HELM_\w+_HOME)=(\S+)/g)].map(
      ([, directory]) => directory ?? '',
    );
    expect(writable).toHaveLength(5);
    const mounts = container.volumeMounts.map(({ mountPath }) => mountPath);
    for (const directory of writable) {
      expect(
        mounts.some((mount) => `${directory}/`.startsWith(`${mount}/`)),
        directory,
      ).toBe(true);
    }
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(pod.volumes.map(({ name }) => name));
  });

  it('has time to let a helm call finish, and memory for four of them', () => {
    const helmTimeoutSeconds = 300;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(helmTimeoutSeconds);
    const memoryMi = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory ?? '')?.[1]);
    expect(memoryMi).toBeGreaterThanOrEqual(220 + 4 * 67);
  });

  it('elects a leader, so that a roll-out or a second replica never means two that act', () => {
    expect(container.args).toContain('--leader-elect');
    expect(deployment.spec.strategy).toBeUndefined();
  });

  it('makes its Lease itself: nobody who replaces these manifests takes it from a living leader', () => {
    const kinds = manifestFiles.flatMap((file) => documents(file).map(({ kind }) => kind));
    expect(kinds).not.toContain('Lease');
  });

  it('runs the image’s command `run` with probes on the port that it names', () => {
    const [command, ...flags] = container.args;
    expect(command).toBe('run');
    expect(read('Dockerfile')).toMatch(/^CMD \["run"\]$/m);
    expect(flags).toContain('--health-probe-bind-address=:8081');
    expect(flags).toContain('--metrics-bind-address=:8080');
    expect(container.ports).toEqual([
      { name: 'probes', containerPort: 8081, protocol: 'TCP' },
      { name: 'metrics', containerPort: 8080, protocol: 'TCP' },
    ]);
    expect(container.startupProbe).toMatchObject({ httpGet: { path: '/healthz', port: 'probes' } });
    expect(container.livenessProbe).toMatchObject({ httpGet: { path: '/healthz', port: 'probes' } });
    expect(container.readinessProbe).toMatchObject({ httpGet: { path: '/readyz', port: 'probes' } });
  });

  it('finds the watches file where the image has it', () => {
    const file = container.args.find((arg) => arg.startsWith('--watches-file='))?.split('=')[1];
    expect(file).toBe('/app/watches.yaml');
    expect(read('Dockerfile')).toMatch(/^WORKDIR \/app\nCOPY package\.json watches\.yaml \.\/$/m);
  });

  it('knows its own namespace', () => {
    expect(container.env).toContainEqual({
      name: 'POD_NAMESPACE',
      valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } },
    });
  });

  it('is selected by labels that it has', () => {
    expect(deployment.spec.template.metadata.labels).toMatchObject(deployment.spec.selector.matchLabels);
  });
});

describe('the operator’s rights', () => {
  const metricsReader = 'bookstore-operator-metrics-reader'; // for who scrapes; a path, no resource
  const rules = rbac
    .filter(({ metadata }) => metadata.name !== metricsReader)
    .flatMap(({ metadata, rules: some = [] }) => some.map((rule) => ({ of: metadata.name, ...rule })));

  it('name every group, kind and verb: nothing is a star', () => {
    expect(rules.length).toBeGreaterThan(0);
    for (const { of, apiGroups, resources, verbs } of rules) {
      for (const word of [...apiGroups, ...resources, ...verbs]) expect(word, of).not.toContain('*');
    }
  });

  it('contain no way to more rights: no escalate, bind or impersonate, no role is written, no pod is entered', () => {
    const verbs = new Set(rules.flatMap((rule) => rule.verbs));
    for (const verb of ['escalate', 'bind', 'impersonate', 'approve', 'sign']) expect(verbs).not.toContain(verb);
    const resources = new Set(rules.flatMap((rule) => rule.resources));
    for (const door of [
      'pods/exec',
      'pods/attach',
      'pods/ephemeralcontainers',
      'nodes/proxy',
      'serviceaccounts/token',
    ]) {
      expect(resources).not.toContain(door);
    }
    const writes = rules.filter(({ verbs: some }) => some.some((verb) => ['create', 'update', 'patch'].includes(verb)));
    for (const { apiGroups } of writes) expect(apiGroups).not.toContain('rbac.authorization.k8s.io');
  });

  it('leave reading /metrics to a role of its own, and nothing else in it', () => {
    expect(named('ClusterRole', metricsReader).rules).toEqual([{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]);
  });

  it('let it follow and read what values come from, and change no ConfigMap', () => {
    const operator = named('ClusterRole', 'bookstore-operator').rules ?? [];
    const verbsOn = (resource: string) =>
      operator.filter(({ resources }) => resources.includes(resource)).flatMap(({ verbs }) => verbs);
    expect(verbsOn('secrets')).toEqual(expect.arrayContaining(['get', 'list', 'watch']));
    expect(verbsOn('configmaps')).toEqual(['get', 'list', 'watch']);
  });

  it('include no deleting of data', () => {
    const claims = rules.filter(({ resources }) => resources.includes('persistentvolumeclaims'));
    expect(claims.length).toBeGreaterThan(0);
    for (const { verbs } of claims) expect(verbs).not.toContain('delete');
  });

  it('include no making and deleting of the resources that it watches', () => {
    const operator = named('ClusterRole', 'bookstore-operator').rules ?? [];
    const verbs = operator.find(({ resources }) => resources.includes('bookstores'))?.verbs;
    expect(verbs).toEqual(['get', 'list', 'watch', 'update', 'patch']);
  });

  it('to change a Lease end with its own, in its own namespace', () => {
    const role = named('Role', 'bookstore-operator-leases');
    expect(role.metadata.namespace).toBe(deployment.metadata.namespace);
    expect(role.rules?.some(({ verbs }) => verbs.includes('create'))).toBe(true); // nothing else makes them
    for (const { verbs, resourceNames } of role.rules ?? []) {
      if (verbs.join() !== 'create') expect(resourceNames).toEqual(['bookstore-operator']);
    }
    const elsewhere = rbac
      .filter(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name !== metricsReader)
      .flatMap((each) => each.rules ?? []);
    expect(elsewhere.filter(({ resources }) => resources.includes('leases'))).toEqual([]);
  });

  it('to purge are bound by no manifest that is installed: only by the sample that a namespace applies', () => {
    named('ClusterRole', 'bookstore-operator-purge');
    const bound = rbac.filter(({ roleRef }) => roleRef?.name === 'bookstore-operator-purge');
    expect(bound).toEqual([]);
    const [sample] = documents('deploy/samples/purge-rolebinding.yaml');
    expect(sample?.kind).toBe('RoleBinding');
    expect(sample?.roleRef).toMatchObject({ kind: 'ClusterRole', name: 'bookstore-operator-purge' });
    expect(sample?.metadata).not.toHaveProperty('namespace');
  });

  it('to purge on a schedule come with a sample: a Lease, and records of runs that nobody changes afterwards', () => {
    const sample = documents('deploy/samples/purge-operator.yaml');
    expect(sample.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ClusterRole bookstore-operator-purge-runs',
      'ClusterRoleBinding bookstore-operator-purge-runs',
      'Role bookstore-operator-purge-lock',
      'RoleBinding bookstore-operator-purge-lock',
    ]);
    expect(sample.flatMap(({ rules }) => rules ?? [])).toEqual([
      { apiGroups: ['velotio.com'], resources: ['purgeruns'], verbs: ['create', 'get', 'list', 'delete'] },
      { apiGroups: ['velotio.com'], resources: ['purgeruns/status'], verbs: ['patch'] },
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['bookstore-operator-purge'],
        verbs: ['get', 'watch', 'patch'],
      },
    ]);
    for (const { roleRef, subjects } of sample.filter((each) => each.roleRef !== undefined)) {
      expect(sample.some(({ kind, metadata }) => kind === roleRef?.kind && metadata.name === roleRef.name)).toBe(true);
      expect(subjects).toEqual([
        { kind: 'ServiceAccount', name: pod.serviceAccountName, namespace: deployment.metadata.namespace },
      ]);
    }
  });

  it('belong to the account that the pod uses, and every binding names a role that is there', () => {
    named('ServiceAccount', pod.serviceAccountName);
    const bindings = [...rbac, ...documents('deploy/samples/purge-rolebinding.yaml')].filter(
      ({ roleRef }) => roleRef !== undefined,
    );
    expect(bindings).toHaveLength(3);
    for (const { roleRef, subjects } of bindings) {
      named(roleRef?.kind ?? '', roleRef?.name ?? '');
      expect(subjects).toEqual([
        { kind: 'ServiceAccount', name: pod.serviceAccountName, namespace: deployment.metadata.namespace },
      ]);
    }
  });
});

describe('deploy/', () => {
  it('enforces restricted pod security in the operator’s namespace', () => {
    const [namespace] = documents('deploy/namespace.yaml');
    expect(namespace?.metadata.name).toBe('bookstore-operator-system');
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    for (const each of [...rbac, deployment]) {
      if (each.metadata.namespace !== undefined) expect(each.metadata.namespace).toBe('bookstore-operator-system');
    }
  });

  it('has every file that the kustomization names', () => {
    for (const file of kustomization.resources) expect(existsSync(`${root}/deploy/${file}`), file).toBe(true);
    for (const file of manifestFiles) expect(kustomization.resources.map((each) => `deploy/${each}`)).toContain(file);
  });

  it('installs the image of this version', () => {
    const [image] = kustomization.images;
    expect(`${image?.newName}:${image?.newTag}`).toBe(`bookstore-operator:${version}`);
    expect(container.image).toBe(`${image?.name}:${version}`);
    expect(read('Dockerfile')).toContain(`org.opencontainers.image.version="${version}"`);
  });

  it.each([...manifestFiles, ...samples])('%s parses, with a group and a name on every document', (file) => {
    for (const document of parseAllDocuments(read(file))) {
      expect(document.errors).toEqual([]);
      expect(document.toJS()).toMatchObject({
        apiVersion: expect.any(String) as unknown,
        kind: expect.any(String) as unknown,
        metadata: { name: expect.any(String) as unknown },
      });
    }
  });

  it('has samples of the group that the program serves', () => {
    expect(documents('deploy/samples/bookstore.yaml')[0]).toMatchObject({
      apiVersion: 'velotio.com/v1alpha1',
      kind: 'BookStore',
    });
    expect(documents('deploy/samples/purge-policy.yaml')[0]).toMatchObject({
      apiVersion: 'velotio.com/v1alpha1',
      kind: 'PurgePolicy',
      spec: { mode: 'DryRun', volumes: 'Keep' },
    });
  });
});
