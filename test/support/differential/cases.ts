// Releases in every state that an uninstall meets: what is made, and what is left of it.
import { CoreResources } from '../../../src/kube/resource.ts';
import { markRevision } from '../../../src/release/mark-revision.ts';
import type { ReleaseStatus } from '../../../src/release/record.ts';
import type { AllowedKind } from '../../../src/uninstall/record-trust.ts';
import type { ReleaseLab } from '../release-lab.ts';
import type { Place } from './end-state.ts';

/** How an uninstall ended: `done`, or with a code. */
export type Ended = string;

/** One release, made twice. */
export interface Case {
  readonly name: string;
  /** Of the chart. `NS` is the release's namespace, `ELSEWHERE` another one. */
  readonly template: string;
  /** Default: it is installed. */
  readonly install?: (lab: ReleaseLab, place: Place, chart: string) => Promise<void>;
  /** What happens to it before it is uninstalled. */
  readonly meanwhile?: (lab: ReleaseLab, place: Place) => Promise<unknown>;
  /** As whom. Default as cluster admin. */
  readonly user?: (lab: ReleaseLab, place: Place) => Promise<string>;
  readonly allowedKinds?: readonly AllowedKind[];
  readonly cascade?: 'foreground';
  /** Which helm. Default one that remembers which kinds there are, as it does for hours. */
  readonly helm?: { readonly isFresh: boolean };
  /** Kinds that are looked at besides the usual ones. */
  readonly kinds?: Readonly<Record<string, readonly string[]>>;
  /** After both. Default both `done`. */
  readonly ends?: { readonly helm: Ended; readonly native: Ended };
  /** What both leave. */
  readonly left: readonly string[];
  /** What native leaves where it differs, on purpose: docs/uninstall.md says why. */
  readonly nativeLeft?: readonly string[];
}

const named = (suffix: string): string => `{{ .Release.Name }}-${suffix}`;

const object = (kind: string, suffix: string, metadata = '', apiVersion = 'v1'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: "${named(suffix)}"${metadata}}\n---\n`;

const configMap = (suffix: string, metadata = ''): string => object('ConfigMap', suffix, metadata);

const policy = (value: string): string => `, annotations: {helm.sh/resource-policy: ${value}}`;

const deployment = (suffix: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: "${named(suffix)}"}
spec:
  replicas: 2
  selector: {matchLabels: {app: "${named(suffix)}"}}
  template:
    metadata: {labels: {app: "${named(suffix)}"}}
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{name: a, image: a}]
---
apiVersion: v1
kind: Service
metadata: {name: "${named(suffix)}"}
spec: {ports: [{port: 80}], selector: {app: "${named(suffix)}"}}
---
`;

const claim = (suffix: string, metadata = ''): string =>
  object('PersistentVolumeClaim', suffix, metadata).replace(
    '---\n',
    'spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n---\n',
  );

const hook = (event: string): string => configMap('hook', `, annotations: {helm.sh/hook: ${event}}`);

/** Of every kind that a chart usually has. */
const allKinds = `${deployment('app')}${configMap('a')}${claim('data')}
${object('Secret', 'a')}${object('ServiceAccount', 'a')}${object('PodDisruptionBudget', 'a', '', 'policy/v1')}
${object('Role', 'a', '', 'rbac.authorization.k8s.io/v1')}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: "${named('a')}"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: "${named('a')}"}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: "${named('a')}"}
spec: {defaultBackend: {service: {name: a, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: "${named('a')}"}
spec: {podSelector: {}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: "${named('a')}"}
spec: {maxReplicas: 2, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: "${named('app')}"}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: "${named('a')}"}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: "${named('db')}"}
spec:
  serviceName: db
  selector: {matchLabels: {app: "${named('db')}"}}
  template:
    metadata: {labels: {app: "${named('db')}"}}
    spec: {terminationGracePeriodSeconds: 0, containers: [{name: db, image: db}]}
---
`;

const roles = [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }];
const scoped = '{{ .Release.Namespace }}-{{ .Release.Name }}';
const clusterRole = `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "${scoped}"}\n---\n`;

const uninstallable = (rest: string): string => `
- {apiGroups: [""], resources: [secrets], verbs: [get, list, update, delete]}
${rest}`;

async function upgrade(lab: ReleaseLab, { namespace, name }: Place, chart: string, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1) await lab.helm('upgrade', name, chart, '-n', namespace);
}

/** As a helm that died, or another program, has left it. */
const inState =
  (status: ReleaseStatus, revision = 1) =>
  async (lab: ReleaseLab, { namespace, name }: Place): Promise<void> => {
    const { metadata } = await lab.record(namespace, name, revision);
    const { uid, resourceVersion } = metadata;
    const request = { namespace, name, revision, status, description: 'by a test', expected: { uid, resourceVersion } };
    await markRevision(lab.client, request, { fieldManager: 'helm' });
  };

const install = async (lab: ReleaseLab, { namespace, name }: Place, chart: string): Promise<void> => {
  await lab.helm('install', name, chart, '-n', namespace);
};

/** A revision that the API server refuses. */
const brokenUpgrade = async (lab: ReleaseLab, { namespace, name }: Place): Promise<void> => {
  const chart = await lab.chart(configMap('new') + object('Service', 'broken'));
  await lab.helm('upgrade', name, chart, '-n', namespace).catch(() => undefined);
};

/** All cases that need no more than a chart. */
export const cases: readonly Case[] = [
  { name: 'deployments and services', template: deployment('a') + deployment('b'), left: [] },
  { name: 'every usual kind', template: allKinds, left: [] },
  { name: 'a volume claim of the templates', template: claim('data') + configMap('a'), left: [] },
  {
    name: 'objects that are kept',
    template: configMap('a') + configMap('kept', policy('keep')) + claim('data', policy(' Keep ')),
    left: ['ConfigMap kept', 'PersistentVolumeClaim data'],
  },
  {
    name: 'a policy that helm does not know',
    template: configMap('a') + configMap('odd', policy('delete')),
    left: ['ConfigMap odd'],
  },
  {
    name: 'a policy on the live object alone, which helm does not read',
    template: configMap('a'),
    meanwhile: (lab, { namespace, name }) =>
      lab.kubectl('annotate', 'configmap', `${name}-a`, '-n', namespace, 'helm.sh/resource-policy=keep'),
    left: [],
  },
  {
    name: 'many revisions',
    template: configMap('a'),
    install: async (lab, place, chart) => {
      await install(lab, place, chart);
      await upgrade(lab, place, chart, 4);
    },
    left: [],
  },
  {
    name: 'a failed upgrade: what the last good revision had alone stays',
    template: configMap('a') + configMap('old'),
    meanwhile: brokenUpgrade,
    left: ['ConfigMap a', 'ConfigMap old'],
  },
  {
    name: 'a failed install',
    template: configMap('a') + object('Service', 'broken'),
    install: async (lab, place, chart) => install(lab, place, chart).catch(() => undefined),
    left: [],
  },
  { name: 'pending-install', template: configMap('a'), meanwhile: inState('pending-install'), left: [] },
  {
    name: 'pending-upgrade',
    template: configMap('a'),
    install: async (lab, place, chart) => {
      await install(lab, place, chart);
      await upgrade(lab, place, chart);
      await inState('pending-upgrade', 2)(lab, place);
    },
    left: [],
  },
  { name: 'pending-rollback', template: configMap('a'), meanwhile: inState('pending-rollback'), left: [] },
  { name: 'superseded, and nothing after it', template: configMap('a'), meanwhile: inState('superseded'), left: [] },
  { name: 'a state that nobody knows', template: configMap('a'), meanwhile: inState('unknown'), left: [] },
  {
    name: 'an uninstall that was cut short',
    template: configMap('a') + configMap('b'),
    meanwhile: async (lab, place) => {
      await inState('uninstalling')(lab, place);
      await lab.kubectl('delete', 'configmap', `${place.name}-a`, '-n', place.namespace);
    },
    left: [],
  },
  {
    name: 'uninstalled already, its history kept',
    template: configMap('a'),
    meanwhile: async (lab, { namespace, name }) => {
      await lab.helm('uninstall', name, '-n', namespace, '--keep-history');
      await lab.apply(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}-a, namespace: ${namespace}}\n`);
    },
    left: ['ConfigMap a'],
  },
  { name: 'cluster-scoped objects', template: configMap('a') + clusterRole, allowedKinds: roles, left: [] },
  {
    name: 'objects in two namespaces',
    template:
      configMap('here') +
      configMap('there', ', namespace: ELSEWHERE') +
      object('Secret', 'there', ', namespace: ELSEWHERE'),
    allowedKinds: [
      { group: '', kind: 'ConfigMap' },
      { group: '', kind: 'Secret' },
    ],
    left: [],
  },
  {
    name: 'one object that may not be deleted',
    template: configMap('a') + configMap('b') + object('Secret', 'locked') + object('ServiceAccount', 'after'),
    user: (lab, { namespace, name }) =>
      lab.serviceAccount(
        namespace,
        name,
        uninstallable(
          '- {apiGroups: [""], resources: [configmaps], verbs: [get, delete]}\n- {apiGroups: [""], resources: [serviceaccounts], verbs: [get]}',
        ),
      ),
    ends: { helm: 'HELM_FAILED', native: 'OBJECTS_LEFT' },
    left: ['ServiceAccount after', 'record 1 uninstalling'],
  },
  {
    name: 'a record that may not be written: helm goes on all the same',
    template: configMap('a'),
    user: (lab, { namespace, name }) =>
      lab.serviceAccount(
        namespace,
        name,
        '[{apiGroups: [""], resources: [secrets], verbs: [get, list, delete]}, {apiGroups: [""], resources: [configmaps], verbs: [get, delete]}]',
      ),
    left: [],
  },
  {
    name: 'records that may not be deleted',
    template: configMap('a'),
    user: (lab, { namespace, name }) =>
      lab.serviceAccount(
        namespace,
        name,
        '[{apiGroups: [""], resources: [secrets], verbs: [get, list, update]}, {apiGroups: [""], resources: [configmaps], verbs: [get, delete]}]',
      ),
    ends: { helm: 'HELM_FORBIDDEN', native: 'OBJECTS_LEFT' },
    left: ['record 1 uninstalling'],
  },
  {
    name: 'an object that a finalizer holds',
    template: configMap('a') + configMap('stuck', ', finalizers: [test.velotio.com/never]'),
    left: ['ConfigMap stuck (going)'],
  },
  {
    name: 'an object that somebody else is deleting',
    template: configMap('a') + configMap('stuck', ', finalizers: [test.velotio.com/never]'),
    meanwhile: (lab, { namespace, name }) =>
      lab.kubectl('delete', 'configmap', `${name}-stuck`, '-n', namespace, '--wait=false'),
    left: ['ConfigMap stuck (going)'],
  },
  {
    name: 'an object that is gone already',
    template: configMap('a') + configMap('b'),
    meanwhile: (lab, { namespace, name }) => lab.kubectl('delete', 'configmap', `${name}-a`, '-n', namespace),
    left: [],
  },
  {
    name: 'an object from which somebody took the marks',
    template: configMap('a'),
    meanwhile: (lab, { namespace, name }) =>
      lab.kubectl('annotate', 'configmap', `${name}-a`, '-n', namespace, 'meta.helm.sh/release-name-'),
    left: [],
  },
  {
    name: 'an object that another release took over (P2)',
    template: configMap('a') + configMap('shared'),
    meanwhile: (lab, { namespace, name }) =>
      lab.kubectl(
        'annotate',
        'configmap',
        `${name}-shared`,
        '-n',
        namespace,
        '--overwrite',
        'meta.helm.sh/release-name=other',
      ),
    ends: { helm: 'done', native: 'OBJECT_OF_ANOTHER_RELEASE' },
    left: [],
    nativeLeft: ['ConfigMap a', 'ConfigMap shared', 'record 1 deployed'],
  },
  {
    name: 'a record as Helm 3 writes it',
    template: configMap('a') + object('Secret', 'locked'),
    meanwhile: (lab, { namespace, name }) =>
      lab.forge(namespace, name, (json) => {
        const record = JSON.parse(json) as { readonly info: object };
        return JSON.stringify({ ...record, info: { ...record.info, deleted: '' } });
      }),
    user: (lab, { namespace, name }) =>
      lab.serviceAccount(namespace, name, uninstallable('- {apiGroups: [""], resources: [configmaps], verbs: [get]}')),
    ends: { helm: 'HELM_FAILED', native: 'OBJECTS_LEFT' },
    left: ['ConfigMap a', 'record 1 uninstalling'],
  },
  { name: 'a test hook', template: configMap('a') + hook('test'), left: [] },
  {
    name: 'a hook that ran at install: what it made stays',
    template: configMap('a') + hook('post-install'),
    left: ['ConfigMap hook'],
  },
  { name: 'an object that is written twice', template: configMap('a') + configMap('a') + configMap('b'), left: [] },
  {
    name: 'a list',
    template: `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: "${named('a')}"}}\n- {apiVersion: v1, kind: Secret, metadata: {name: "${named('b')}"}}\n`,
    left: [],
  },
  { name: 'no object at all', template: '', left: [] },
  { name: 'in the foreground', template: deployment('a') + configMap('b'), cascade: 'foreground', left: [] },
];

/** The group is a kind's of its own, `GROUP` in the template. */
export const customResource = (suffix: string): string => object('Widget', suffix, '', 'GROUP/v1');

/** Leaves the namespaces free to go. */
export async function unfinalize(lab: ReleaseLab, namespace: string): Promise<void> {
  const { items } = await lab.client.list(CoreResources.configMaps, { namespace, isMetadataOnly: true });
  for (const { metadata } of items.filter((one) => (one.metadata.finalizers ?? []).length > 0)) {
    const target = { namespace, name: metadata.name, fieldManager: 'test' };
    await lab.client.merge(CoreResources.configMaps, { metadata: { finalizers: null } }, target);
  }
}
