// The bundled chart, rendered by the real helm: what every value does, and what is refused.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { at, chartDir, helm, type Manifest, manifests, parseManifests, render } from './helm-template.ts';

/** The spec of the BookStore in the tutorial, in its words. */
const tutorial = {
  replicaCount: 1,
  image: {
    app: { repository: 'akash125/pyapp', tag: 'latest', pullPolicy: 'IfNotPresent' },
    mongodb: { repository: 'mongo', tag: 'latest', pullPolicy: 'IfNotPresent' },
  },
  service: {
    app: { type: 'LoadBalancer', port: 80, targetPort: 3000 },
    mongodb: { type: 'ClusterIP', port: 27017, targetPort: 27017 },
  },
  resources: {},
  nodeSelector: {},
  tolerations: [],
  affinity: {},
};

type Component = 'app' | 'mongodb';

function find(objects: readonly Manifest[], kind: string, component?: Component): Manifest {
  const found = objects.filter(
    (object) =>
      object.kind === kind &&
      (component === undefined || object.metadata.labels?.['app.kubernetes.io/component'] === component),
  );
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`expected one ${component} ${kind}, got ${found.length}`);
  return only;
}

function kinds(objects: readonly Manifest[]): string[] {
  return objects.map(({ kind }) => kind).sort();
}

const pod = 'spec.template.spec';
const container = `${pod}.containers.0`;

describe('the bookstore chart', () => {
  it('is clean under helm lint --strict', async () => {
    const { exitCode, stdout } = await helm(['lint', '--strict', chartDir]);
    expect(stdout).not.toMatch(/\[(WARNING|ERROR)\]/);
    expect(exitCode).toBe(0);
  });

  it('makes of the tutorial’s spec two Deployments, two Services and their account', async () => {
    expect(kinds(await manifests(tutorial))).toEqual([
      'Deployment',
      'Deployment',
      'Service',
      'Service',
      'ServiceAccount',
    ]);
  });

  it('has the tutorial’s spec as its defaults', async () => {
    expect((await render(tutorial)).stdout).toBe((await render()).stdout);
  });

  it('renders by default what the golden file shows', async () => {
    const { stdout } = await render();
    await expect(stdout).toMatchFileSnapshot('golden/default.yaml');
  });

  it('renders with every switch on what the golden file shows', async () => {
    const everything = await readFile(new URL('every-switch.values.yaml', import.meta.url), 'utf8');
    const { stdout } = await render(everything);
    await expect(stdout).toMatchFileSnapshot('golden/every-switch.yaml');
  });

  it('renders equal values equal, in whatever order they are written', async () => {
    const values = { ...tutorial, podLabels: { a: '1', b: '2' }, nodeSelector: { disk: 'ssd', zone: 'a' } };
    const { stdout: first } = await render(values);
    expect((await render(values)).stdout).toBe(first);
    expect((await render(reversed(values))).stdout).toBe(first);
  });
});

function reversed(value: unknown): object {
  const turn = (node: unknown): unknown =>
    typeof node === 'object' && node !== null && !Array.isArray(node)
      ? Object.fromEntries(
          Object.entries(node)
            .reverse()
            .map(([key, child]) => [key, turn(child)]),
        )
      : node;
  return turn(value) as object;
}

describe('a value of the chart', () => {
  interface Switch {
    readonly values: string;
    readonly of: readonly [kind: string, component?: Component];
    readonly path: string;
    readonly is: unknown;
  }
  const deployment = (component: Component): Switch['of'] => ['Deployment', component];
  const service = (component: Component): Switch['of'] => ['Service', component];
  const both = (values: string, path: string, is: unknown): Switch[] =>
    (['app', 'mongodb'] as const).map((component) => ({ values, of: deployment(component), path, is }));

  const switches: readonly Switch[] = [
    // replicaCount scales the application only
    { values: 'replicaCount: 3', of: deployment('app'), path: 'spec.replicas', is: 3 },
    { values: 'replicaCount: 0', of: deployment('app'), path: 'spec.replicas', is: 0 },
    { values: 'replicaCount: 1000', of: deployment('app'), path: 'spec.replicas', is: 1000 },
    { values: 'replicaCount: null', of: deployment('app'), path: 'spec.replicas', is: undefined },
    { values: 'replicaCount: 3', of: deployment('mongodb'), path: 'spec.replicas', is: 1 },
    { values: '{}', of: deployment('mongodb'), path: 'spec.strategy', is: { type: 'Recreate' } },
    // images
    { values: 'image: {app: {tag: "2"}}', of: deployment('app'), path: `${container}.image`, is: 'akash125/pyapp:2' },
    { values: 'image: {mongodb: {tag: "8"}}', of: deployment('mongodb'), path: `${container}.image`, is: 'mongo:8' },
    {
      values: 'image: {app: {repository: "shop/app@sha256:00ff", tag: null}}',
      of: deployment('app'),
      path: `${container}.image`,
      is: 'shop/app@sha256:00ff',
    },
    {
      values: 'image: {app: {pullPolicy: Always}}',
      of: deployment('app'),
      path: `${container}.imagePullPolicy`,
      is: 'Always',
    },
    {
      values: 'image: {app: {pullPolicy: null}}',
      of: deployment('app'),
      path: `${container}.imagePullPolicy`,
      is: undefined,
    },
    ...both('imagePullSecrets: [{name: registry}]', `${pod}.imagePullSecrets`, [{ name: 'registry' }]),
    // services
    { values: '{}', of: service('app'), path: 'spec.type', is: 'LoadBalancer' },
    { values: 'service: {app: {type: NodePort}}', of: service('app'), path: 'spec.type', is: 'NodePort' },
    { values: 'service: {app: {type: null}}', of: service('app'), path: 'spec.type', is: undefined },
    { values: 'service: {app: {port: 8080}}', of: service('app'), path: 'spec.ports.0.port', is: 8080 },
    { values: 'service: {app: {targetPort: 5000}}', of: service('app'), path: 'spec.ports.0.targetPort', is: 5000 },
    {
      values: 'service: {app: {targetPort: 5000}}',
      of: deployment('app'),
      path: `${container}.ports.0.containerPort`,
      is: 5000,
    },
    {
      values: 'service: {app: {annotations: {lb: internal}}}',
      of: service('app'),
      path: 'metadata.annotations',
      is: { lb: 'internal' },
    },
    { values: 'service: {mongodb: {type: NodePort}}', of: service('mongodb'), path: 'spec.type', is: 'NodePort' },
    { values: 'service: {mongodb: {port: 27018}}', of: service('mongodb'), path: 'spec.ports.0.port', is: 27018 },
    {
      values: 'service: {mongodb: {targetPort: 27018}}',
      of: deployment('mongodb'),
      path: `${container}.ports.0.containerPort`,
      is: 27018,
    },
    {
      values: 'service: {mongodb: {annotations: {a: b}}}',
      of: service('mongodb'),
      path: 'metadata.annotations',
      is: { a: 'b' },
    },
    {
      values: 'service: {mongodb: {name: mongodb-service}}',
      of: service('mongodb'),
      path: 'metadata.name',
      is: 'mongodb-service',
    },
    {
      values: 'service: {mongodb: {name: mongodb-service}}',
      of: deployment('app'),
      path: `${container}.env.0`,
      is: { name: 'MONGODB_HOST', value: 'mongodb-service' },
    },
    // the application's environment
    {
      values: 'service: {mongodb: {port: 27018}}',
      of: deployment('app'),
      path: `${container}.env`,
      is: [
        { name: 'MONGODB_HOST', value: 'demo-bookstore-mongodb' },
        { name: 'MONGODB_PORT', value: '27018' },
        { name: 'MONGODB_URI', value: 'mongodb://$(MONGODB_HOST):$(MONGODB_PORT)' },
      ],
    },
    {
      values: 'app: {env: [{name: LOG, value: debug}, {name: MONGODB_HOST, value: elsewhere}]}',
      of: deployment('app'),
      path: `${container}.env`,
      is: [
        { name: 'MONGODB_HOST', value: 'elsewhere' },
        { name: 'MONGODB_PORT', value: '27017' },
        { name: 'MONGODB_URI', value: 'mongodb://$(MONGODB_HOST):$(MONGODB_PORT)' },
        { name: 'LOG', value: 'debug' },
      ],
    },
    {
      values: 'mongodb: {auth: {existingSecret: keys}}',
      of: deployment('app'),
      path: `${container}.env.4.value`,
      is: 'mongodb://$(MONGODB_USERNAME):$(MONGODB_PASSWORD)@$(MONGODB_HOST):$(MONGODB_PORT)/?authSource=admin',
    },
    {
      values: 'mongodb: {auth: {existingSecret: keys}}',
      of: deployment('app'),
      path: `${container}.env.3`,
      is: { name: 'MONGODB_PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
    },
    {
      values: 'mongodb: {auth: {existingSecret: keys}}',
      of: deployment('mongodb'),
      path: `${container}.env`,
      is: [
        { name: 'MONGO_INITDB_ROOT_USERNAME', valueFrom: { secretKeyRef: { name: 'keys', key: 'username' } } },
        { name: 'MONGO_INITDB_ROOT_PASSWORD', valueFrom: { secretKeyRef: { name: 'keys', key: 'password' } } },
      ],
    },
    { values: '{}', of: deployment('mongodb'), path: `${container}.env`, is: undefined },
    // persistence
    { values: '{}', of: deployment('mongodb'), path: `${pod}.volumes`, is: [{ name: 'data', emptyDir: {} }] },
    {
      values: 'mongodb: {persistence: {enabled: true}}',
      of: deployment('mongodb'),
      path: `${pod}.volumes`,
      is: [{ name: 'data', persistentVolumeClaim: { claimName: 'demo-bookstore-mongodb' } }],
    },
    {
      values: 'mongodb: {persistence: {enabled: true}}',
      of: ['PersistentVolumeClaim'],
      path: 'metadata.annotations',
      is: { 'helm.sh/resource-policy': 'keep' },
    },
    {
      values: 'mongodb: {persistence: {enabled: true, size: 20Gi}}',
      of: ['PersistentVolumeClaim'],
      path: 'spec',
      is: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '20Gi' } } },
    },
    {
      values: 'mongodb: {persistence: {enabled: true, storageClass: fast}}',
      of: ['PersistentVolumeClaim'],
      path: 'spec.storageClassName',
      is: 'fast',
    },
    {
      values: 'mongodb: {persistence: {enabled: true, storageClass: "-"}}',
      of: ['PersistentVolumeClaim'],
      path: 'spec.storageClassName',
      is: '',
    },
    // security
    ...both('{}', `${container}.securityContext`, {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    }),
    ...both('{}', `${pod}.securityContext.seccompProfile`, { type: 'RuntimeDefault' }),
    ...both('{}', `${pod}.automountServiceAccountToken`, false),
    { values: '{}', of: deployment('app'), path: `${pod}.securityContext.runAsNonRoot`, is: undefined },
    { values: '{}', of: deployment('mongodb'), path: `${pod}.securityContext.runAsUser`, is: 999 },
    { values: '{}', of: deployment('mongodb'), path: `${pod}.securityContext.fsGroup`, is: 999 },
    {
      values: 'app: {podSecurityContext: {runAsNonRoot: true}}',
      of: deployment('app'),
      path: `${pod}.securityContext`,
      is: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    },
    {
      values: 'mongodb: {podSecurityContext: null, securityContext: null}',
      of: deployment('mongodb'),
      path: `${pod}.securityContext`,
      is: undefined,
    },
    // account
    ...both('{}', `${pod}.serviceAccountName`, 'demo-bookstore'),
    ...both('serviceAccount: {create: false}', `${pod}.serviceAccountName`, 'default'),
    ...both('serviceAccount: {create: false, name: mine}', `${pod}.serviceAccountName`, 'mine'),
    ...both('serviceAccount: null', `${pod}.serviceAccountName`, 'default'),
    { values: 'serviceAccount: {name: mine}', of: ['ServiceAccount'], path: 'metadata.name', is: 'mine' },
    {
      values: 'serviceAccount: {annotations: {role: reader}}',
      of: ['ServiceAccount'],
      path: 'metadata.annotations',
      is: { role: 'reader' },
    },
    // autoscaling: the Deployment leaves its replicas to the autoscaler
    {
      values: 'autoscaling: {enabled: true}\nreplicaCount: 7',
      of: deployment('app'),
      path: 'spec.replicas',
      is: undefined,
    },
    {
      values: 'autoscaling: {enabled: true, minReplicas: 2, maxReplicas: 9}',
      of: ['HorizontalPodAutoscaler'],
      path: 'spec',
      is: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'demo-bookstore' },
        minReplicas: 2,
        maxReplicas: 9,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
      },
    },
    {
      values:
        'autoscaling: {enabled: true, targetCPUUtilizationPercentage: null, targetMemoryUtilizationPercentage: 70}',
      of: ['HorizontalPodAutoscaler'],
      path: 'spec.metrics',
      is: [{ type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 70 } } }],
    },
    {
      values: 'autoscaling: {enabled: true, targetCPUUtilizationPercentage: null}',
      of: ['HorizontalPodAutoscaler'],
      path: 'spec.metrics',
      is: undefined,
    },
    // both components
    ...both('resources: {limits: {cpu: 2, memory: 1Gi}}', `${container}.resources`, {
      limits: { cpu: 2, memory: '1Gi' },
    }),
    ...both('resources: null', `${container}.resources`, undefined),
    ...both('nodeSelector: {disk: ssd}', `${pod}.nodeSelector`, { disk: 'ssd' }),
    ...both('tolerations: [{key: a, operator: Exists}]', `${pod}.tolerations`, [{ key: 'a', operator: 'Exists' }]),
    ...both('affinity: {podAntiAffinity: {x: [1]}}', `${pod}.affinity`, { podAntiAffinity: { x: [1] } }),
    ...both('podAnnotations: {a: b}', 'spec.template.metadata.annotations', { a: 'b' }),
    ...both('podLabels: {team: web}', 'spec.template.metadata.labels.team', 'web'),
  ];

  it.each(switches)('$values → $of $path', async ({ values, of: [kind, component], path, is }) => {
    const object = find(await manifests(values), kind, component);
    expect(at(object, path)).toEqual(is);
  });

  it('that was removed with null takes its whole block with it, and the rest still renders', async () => {
    const values =
      'serviceAccount: null\nmongodb: null\napp: null\nautoscaling: null\nresources: null\npodLabels: null';
    expect(kinds(await manifests(values))).toEqual(['Deployment', 'Deployment', 'Service', 'Service']);
  });
});

describe('names', () => {
  const names: readonly {
    readonly release: string;
    readonly values: string;
    readonly app: string;
    readonly db: string;
  }[] = [
    { release: 'demo', values: '{}', app: 'demo-bookstore', db: 'demo-bookstore-mongodb' },
    { release: 'my-bookstore', values: '{}', app: 'my-bookstore', db: 'my-bookstore-mongodb' },
    { release: 'my.shop', values: '{}', app: 'my-shop-bookstore', db: 'my-shop-bookstore-mongodb' },
    { release: 'demo', values: 'nameOverride: books', app: 'demo-books', db: 'demo-books-mongodb' },
    { release: 'demo', values: 'nameOverride: null', app: 'demo-bookstore', db: 'demo-bookstore-mongodb' },
    { release: 'demo', values: 'fullnameOverride: shop', app: 'shop', db: 'shop-mongodb' },
    { release: 'demo', values: 'fullnameOverride: null', app: 'demo-bookstore', db: 'demo-bookstore-mongodb' },
    { release: '1', values: '{}', app: 'bookstore-1', db: 'bookstore-1-mongodb' },
    { release: '1.5', values: 'nameOverride: books', app: 'books-1-5', db: 'books-1-5-mongodb' },
    { release: '2bookstore', values: '{}', app: 'bookstore-2bookstore', db: 'bookstore-2bookstore-mongodb' },
    {
      release: 'a'.repeat(53),
      values: '{}',
      app: `${'a'.repeat(53)}-bookstore`,
      db: `${'a'.repeat(53)}-b-mongodb`,
    },
  ];
  it.each(names)('of the release $release with $values are $app and $db', async ({ release, values, app, db }) => {
    const objects = await manifests(values, { release });
    expect(find(objects, 'Deployment', 'app').metadata.name).toBe(app);
    expect(find(objects, 'Service', 'app').metadata.name).toBe(app);
    expect(find(objects, 'Deployment', 'mongodb').metadata.name).toBe(db);
    expect(find(objects, 'Service', 'mongodb').metadata.name).toBe(db);
  });

  it('are valid for a Service and different for each component, whatever the release is called', async () => {
    // Half of them near Helm's limit of 53, where names are cut.
    const releaseName = fc.oneof(
      fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/),
      fc.stringMatching(/^[a-z0-9][a-z0-9-]{44,51}[a-z0-9]$/),
    );
    await fc.assert(
      fc.asyncProperty(releaseName, async (release) => {
        const services = (await manifests({}, { release })).filter(({ kind }) => kind === 'Service');
        const found = services.map(({ metadata }) => metadata.name);
        expect(new Set(found).size).toBe(2);
        for (const name of found) expect(name).toMatch(/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
      }),
      { numRuns: 15 },
    );
  });
});

describe('a name that YAML reads as something else', () => {
  const notebook = fileURLToPath(new URL('../../../deploy/demo/charts/notebook', import.meta.url));
  const odd = 'y n on off yes no true false null 1 007 1.5 1e3 0x1 0b1 0o7 1-0 2024-01-01'.split(' ');

  /** Every scalar that has to be a string, by its path: labels, selectors, names, references, environment. */
  function* texts(node: unknown, path: string): Generator<readonly [path: string, value: unknown]> {
    const isMapOfTexts = /(labels|annotations|matchLabels|\.selector|nodeSelector)$/;
    const isText = /(name|namespace|value|serviceAccountName|claimName|storageClassName|storage|image|type|key)$/i;
    for (const [key, child] of Object.entries(node ?? {})) {
      const here = `${path}.${key}`;
      if (typeof child === 'object' && child !== null) yield* texts(child, here);
      else if (isText.test(key) || isMapOfTexts.test(path)) yield [here, child];
    }
  }

  function expectTexts(stdout: string): void {
    for (const version of ['1.1', '1.2'] as const) {
      const found = parseManifests(stdout, version).flatMap((object) => [...texts(object, object.kind)]);
      expect(found.length).toBeGreaterThan(20);
      expect(found.filter(([, value]) => typeof value !== 'string')).toEqual([]);
    }
  }

  it.each(odd)('as the release %s gives nothing but strings', async (release) => {
    const everything = await readFile(new URL('every-switch.values.yaml', import.meta.url), 'utf8');
    for (const values of ['{}', everything]) {
      const { stdout } = await render(values, { release, namespace: release.replace('.', '-') });
      expectTexts(stdout);
      for (const object of parseManifests(stdout, '1.1')) {
        expect(object.metadata.labels?.['app.kubernetes.io/instance']).toBe(release);
      }
    }
    expectTexts((await render({}, { release, chart: notebook })).stdout);
  });

  // What the schema lets a user call a thing; a name of a Service begins with a letter.
  const letters = odd.filter((name) => /^[a-z]+$/.test(name));
  it.each(odd)('as a name in the values, %s stays one, and helm lint has nothing to say', async (name) => {
    const values = {
      fullnameOverride: letters.includes(name) ? name : '',
      nameOverride: letters.includes(name) ? name : '',
      image: { app: { repository: name, tag: name } },
      imagePullSecrets: [{ name }],
      service: { mongodb: { name: letters.includes(name) ? name : '' }, app: { annotations: { [name]: name } } },
      app: { env: [{ name: letters.includes(name) ? name : 'A', value: name }] },
      mongodb: {
        auth: { existingSecret: name },
        persistence: { enabled: true, storageClass: name, size: '1' },
      },
      serviceAccount: { name, annotations: { [name]: name } },
      autoscaling: { enabled: true },
      podLabels: { [name]: name },
      podAnnotations: { [name]: name },
      nodeSelector: { [name]: name },
    };
    const json = JSON.stringify(values);
    const { stdout, stderr } = await render(json);
    expect(stderr).toBe('');
    expectTexts(stdout);
    const lint = await helm(['lint', '--strict', chartDir, '--values', '-'], json);
    expect([lint.exitCode, lint.stdout]).toEqual([0, expect.not.stringMatching(/\[(WARNING|ERROR)\]/)]);
  });
});

describe('labels', () => {
  it('make every Service and Deployment select the pods of its own component, and no others', async () => {
    const objects = await manifests();
    for (const component of ['app', 'mongodb'] as const) {
      const labels = at(find(objects, 'Deployment', component), 'spec.template.metadata.labels');
      const selector = at(find(objects, 'Deployment', component), 'spec.selector.matchLabels');
      expect(at(find(objects, 'Service', component), 'spec.selector')).toEqual(selector);
      expect(labels).toEqual(selector);
      expect(selector).toEqual({
        'app.kubernetes.io/name': 'bookstore',
        'app.kubernetes.io/instance': 'demo',
        'app.kubernetes.io/component': component,
      });
    }
  });

  it('of the selectors cannot be replaced by podLabels', async () => {
    const objects = await manifests('podLabels: {app.kubernetes.io/component: other, team: web}');
    for (const component of ['app', 'mongodb'] as const) {
      expect(at(find(objects, 'Deployment', component), 'spec.template.metadata.labels')).toMatchObject({
        'app.kubernetes.io/component': component,
        team: 'web',
      });
    }
  });

  it('of the selectors depend on no value: they are immutable', async () => {
    const everything = await readFile(new URL('every-switch.values.yaml', import.meta.url), 'utf8');
    const [plain, changed] = [await manifests(), await manifests(everything)];
    for (const component of ['app', 'mongodb'] as const) {
      expect(at(find(changed, 'Deployment', component), 'spec.selector')).toEqual(
        at(find(plain, 'Deployment', component), 'spec.selector'),
      );
    }
  });

  it('stand on every object, and every object is in the release’s namespace', async () => {
    const everything = await readFile(new URL('every-switch.values.yaml', import.meta.url), 'utf8');
    for (const { metadata } of await manifests(everything, { namespace: 'elsewhere' })) {
      expect(metadata.namespace).toBe('elsewhere');
      expect(metadata.labels).toMatchObject({
        'helm.sh/chart': 'bookstore-0.1.0',
        'app.kubernetes.io/name': 'bookstore',
        'app.kubernetes.io/instance': 'demo',
        'app.kubernetes.io/part-of': 'bookstore',
        'app.kubernetes.io/managed-by': 'Helm',
      });
    }
  });
});

describe('a wrong value is refused with its path:', () => {
  const mistakes: readonly (readonly [values: string, path: string])[] = [
    ['replicaCount: three', '/replicaCount'],
    ['replicaCount: 1.5', '/replicaCount'],
    ['replicaCount: -1', '/replicaCount'],
    ['image: mongo', '/image'],
    ['image: {app: {repository: ""}}', '/image/app/repository'],
    ['image: {app: {repository: "two words"}}', '/image/app/repository'],
    ['image: {app: {tag: 1.10}}', '/image/app/tag'],
    ['image: {app: {tag: "a/b"}}', '/image/app/tag'],
    ['image: {mongodb: {pullPolicy: Sometimes}}', '/image/mongodb/pullPolicy'],
    ['imagePullSecrets: [registry]', '/imagePullSecrets/0'],
    ['imagePullSecrets: [{}]', '/imagePullSecrets/0'],
    ['nameOverride: Upper', '/nameOverride'],
    [`fullnameOverride: ${'a'.repeat(56)}`, '/fullnameOverride'],
    ['service: {app: {type: ExternalName}}', '/service/app/type'],
    ['service: {app: {port: 0}}', '/service/app/port'],
    ['service: {app: {port: "80"}}', '/service/app/port'],
    ['service: {app: {annotations: {a: 1}}}', '/service/app/annotations/a'],
    ['service: {mongodb: {targetPort: 65536}}', '/service/mongodb/targetPort'],
    ['service: {mongodb: {name: 1db}}', '/service/mongodb/name'],
    ['app: {env: {A: b}}', '/app/env'],
    ['app: {env: [{value: b}]}', '/app/env/0'],
    ['app: {env: [{name: A, value: 1}]}', '/app/env/0/value'],
    ['app: {securityContext: privileged}', '/app/securityContext'],
    ['mongodb: {auth: {existingSecret: Not_A_Name}}', '/mongodb/auth/existingSecret'],
    ['mongodb: {persistence: {enabled: "yes"}}', '/mongodb/persistence/enabled'],
    ['mongodb: {persistence: {size: big}}', '/mongodb/persistence/size'],
    ['serviceAccount: {create: 1}', '/serviceAccount/create'],
    ['autoscaling: {minReplicas: 0}', '/autoscaling/minReplicas'],
    ['podLabels: {a: true}', '/podLabels/a'],
    ['podAnnotations: {a: 1}', '/podAnnotations/a'],
    ['resources: [cpu]', '/resources'],
    ['resources: {limits: {memory: lots}}', '/resources/limits/memory'],
    ['nodeSelector: {a: {b: c}}', '/nodeSelector/a'],
    ['tolerations: {key: a}', '/tolerations'],
    ['tolerations: [{effect: Never}]', '/tolerations/0/effect'],
    ['tolerations: [{tolerationSeconds: soon}]', '/tolerations/0/tolerationSeconds'],
    ['affinity: {nodeAffinity: here}', '/affinity/nodeAffinity'],
  ];
  it.each(mistakes)('%s', async (values, path) => {
    const { exitCode, stderr } = await render(values);
    expect(stderr).toContain(`at '${path}'`);
    expect(exitCode).toBe(1);
  });

  it.each([
    ['image: {app: {repository: null}}', 'image.app.repository is empty'],
    ['service: {mongodb: null}', 'service.mongodb.port is empty'],
    ['mongodb: {persistence: {enabled: true, size: null}}', 'mongodb.persistence.size is empty'],
    ['autoscaling: {enabled: true, maxReplicas: null}', 'autoscaling.maxReplicas is empty'],
  ])('%s, which cannot be done without', async (values, message) => {
    const { exitCode, stderr } = await render(values);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(1);
  });
});

describe('values.schema.json', () => {
  interface SchemaNode {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, SchemaNode>>;
    readonly items?: SchemaNode;
    readonly additionalProperties?: SchemaNode;
  }
  const visit = function* (node: SchemaNode, path: string): Generator<readonly [path: string, node: SchemaNode]> {
    yield [path, node];
    for (const [name, child] of Object.entries(node.properties ?? {})) yield* visit(child, `${path}.${name}`);
    if (node.items !== undefined) yield* visit(node.items, `${path}[]`);
    if (node.additionalProperties !== undefined) yield* visit(node.additionalProperties, `${path}.*`);
  };
  const readSchema = async (): Promise<SchemaNode> =>
    JSON.parse(await readFile(join(chartDir, 'values.schema.json'), 'utf8')) as SchemaNode;

  it('describes every property', async () => {
    const silent = [...visit(await readSchema(), '')].filter(
      ([path, node]) => !path.endsWith('.*') && (node.description ?? '') === '',
    );
    expect(silent.map(([path]) => path)).toEqual([]);
  });

  it('uses only what a structural Kubernetes schema can say', async () => {
    const sayable = new Set(
      (
        '$schema title description type properties items required additionalProperties enum minimum maximum minLength ' +
        'maxLength pattern format maxItems x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields'
      ).split(' '),
    );
    for (const [path, node] of visit(await readSchema(), '$')) {
      expect(
        Object.keys(node).filter((keyword) => !sayable.has(keyword)),
        path,
      ).toEqual([]);
      expect(node.properties === undefined || node.additionalProperties === undefined, path).toBe(true);
    }
  });

  it('knows every value of values.yaml, and values.yaml every block of it', async () => {
    const values: unknown = parse(await readFile(join(chartDir, 'values.yaml'), 'utf8'));
    const schema = await readSchema();
    const unknown = (node: SchemaNode, value: unknown, path: string): string[] =>
      node.properties === undefined || typeof value !== 'object' || value === null
        ? []
        : Object.entries(value).flatMap(([key, child]) => {
            const property = node.properties?.[key];
            return property === undefined ? [`${path}${key}`] : unknown(property, child, `${path}${key}.`);
          });
    expect(unknown(schema, values, '')).toEqual([]);
    const top = Object.keys(schema.properties ?? {});
    expect(top.filter((key) => at(values, key) === undefined)).toEqual([]);
  });
});

describe('NOTES.txt', () => {
  const notes = async (values: string): Promise<string> => {
    const args = ['install', 'demo', chartDir, '--namespace', 'shop', '--dry-run=client', '--values', '-'];
    const { exitCode, stdout, stderr } = await helm(args, values);
    if (exitCode !== 0) throw new Error(stderr);
    return stdout.slice(stdout.indexOf('NOTES:'));
  };

  it.each([
    ['{}', 'status.loadBalancer.ingress'],
    ['{}', 'service/demo-bookstore 8080:80'],
    ['{}', 'Its data are lost with its pod'],
    ['{}', 'demo-bookstore-mongodb:27017 (no password)'],
    ['service: {app: {type: NodePort}}', 'spec.ports[0].nodePort'],
    ['service: {app: {type: null, port: 8000}}', 'service/demo-bookstore 8080:8000'],
    ['mongodb: {auth: {existingSecret: keys}}', 'in the Secret keys'],
    ['mongodb: {persistence: {enabled: true}}', 'kubectl delete pvc -n shop demo-bookstore-mongodb'],
    ['mongodb: null', 'Its data are lost with its pod'],
  ])('with %s tell %s', async (values, line) => {
    expect(await notes(values)).toContain(line);
  });
});
