import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customResourceDefinition } from '../../../src/api/crd/custom-resource-definition.ts';
import { specSchema } from '../../../src/api/crd/spec-schema.ts';
import { established } from '../../support/operator-run.ts';
import { testCluster } from '../../support/test-context.ts';

const namespace = 'bookstore-crd';
const crdFile = 'deploy/crds/velotio.com_bookstores.yaml';

/** DESIGN.md §2: this resource, from the tutorial, must work as it is. */
const tutorial = `apiVersion: velotio.com/v1alpha1
kind: BookStore
metadata: {name: example-bookstore}
spec:
  replicaCount: 1
  image:
    app: {repository: akash125/pyapp, tag: latest, pullPolicy: IfNotPresent}
    mongodb: {repository: mongo, tag: latest, pullPolicy: IfNotPresent}
  service:
    app: {type: LoadBalancer, port: 80, targetPort: 3000}
    mongodb: {type: ClusterIP, port: 27017, targetPort: 27017}
  resources: {}
  nodeSelector: {}
  tolerations: []
  affinity: {}
`;

let directory: string;

/** Output of kubectl: what it printed on both streams, and whether it succeeded. */
async function kubectl(...args: readonly string[]): Promise<{ readonly ok: boolean; readonly text: string }> {
  const { kubectl: binary, kubeconfig } = testCluster();
  try {
    const { stdout, stderr } = await promisify(execFile)(binary, [
      '--kubeconfig',
      kubeconfig,
      '-n',
      namespace,
      ...args,
    ]);
    return { ok: true, text: stdout + stderr };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { ok: false, text: stdout + stderr };
  }
}

async function apply(document: string, ...args: readonly string[]) {
  const path = join(directory, `${crypto.randomUUID()}.yaml`);
  await writeFile(path, document);
  return kubectl('apply', '--validate=strict', '-f', path, ...args);
}

function bookStore(name: string, spec: string): string {
  return `{apiVersion: velotio.com/v1alpha1, kind: BookStore, metadata: {name: ${name}}, spec: ${spec}}\n`;
}

async function specOf(name: string): Promise<unknown> {
  const { text } = await kubectl('get', 'bookstore', name, '-o', 'jsonpath={.spec}');
  return JSON.parse(text);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bookstore-crd-'));
  await kubectl('create', 'namespace', namespace);
  const applied = await kubectl('apply', '--server-side', '--force-conflicts', '-f', crdFile);
  expect(applied.text).toContain('bookstores.velotio.com serverside-applied');
  await established('bookstores.velotio.com');
});

afterAll(async () => {
  await kubectl('delete', 'namespace', namespace, '--wait=false');
  await rm(directory, { recursive: true, force: true });
});

describe('the CRD', () => {
  it('is established, and structural', async () => {
    const { text } = await kubectl('get', 'crd', 'bookstores.velotio.com', '-o', 'json');
    const { conditions } = (JSON.parse(text) as { status: { conditions: { type: string; status: string }[] } }).status;
    const byType = Object.fromEntries(conditions.map(({ type, status }) => [type, status]));
    expect(byType).toMatchObject({ Established: 'True', NamesAccepted: 'True' });
    expect(byType).not.toHaveProperty('NonStructuralSchema');
  });

  it('has a short name, a category and columns', async () => {
    await apply(bookStore('columns', '{}'));
    const { text } = await kubectl('get', 'bs', 'columns');
    expect(text.split('\n')[0]?.trim().split(/\s+/)).toEqual(['NAME', 'READY', 'STATUS', 'REVISION', 'CHART', 'AGE']);
    expect((await kubectl('get', 'bookstore-operator', '-o', 'name')).text).toContain('bookstore.velotio.com/columns');
  });

  it('explains the fields with the defaults of the chart', async () => {
    const { text } = await kubectl('explain', 'bookstore.spec.replicaCount');
    expect(text).toContain('Default: 1.');
  });
});

describe("the tutorial's resource", () => {
  it.each([[[]], [['--server-side']]])(
    'is accepted under strict validation with %j, and stored as it is',
    async (args) => {
      const { ok, text } = await apply(tutorial, ...args);
      expect(text).not.toContain('Warning: unknown');
      expect(ok).toBe(true);
      expect(await specOf('example-bookstore')).toEqual({
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
      });
    },
  );
});

describe('a resource', () => {
  it('gets no default that would beat the values of other sources', async () => {
    await apply(bookStore('empty', '{}'));
    expect(await specOf('empty')).toEqual({});
  });

  it('may do without a spec', async () => {
    expect(await apply('{apiVersion: velotio.com/v1alpha1, kind: BookStore, metadata: {name: bare}}')).toMatchObject({
      ok: true,
    });
  });

  it('keeps what is inside resources, affinity and tolerations', async () => {
    const spec = {
      resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: 1 } },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }],
          },
        },
      },
      tolerations: [{ key: 'spot', operator: 'Exists', effect: 'NoSchedule' }],
    };
    expect(await apply(bookStore('rich', JSON.stringify(spec)))).toMatchObject({ ok: true });
    expect(await specOf('rich')).toEqual(spec);
  });

  it('may take chart defaults away with null, also where only some values are allowed', async () => {
    const spec = {
      replicaCount: null,
      service: null,
      tolerations: null,
      image: { app: { tag: null, pullPolicy: null } },
      nodeSelector: { zone: null },
    };
    const document = bookStore('nulls', JSON.stringify(spec));
    expect(await apply(document, '--server-side')).toMatchObject({ ok: true });
    expect(await specOf('nulls')).toEqual(spec);
  });

  it.each([
    ['of the wrong type', '{replicaCount: two}', 'spec.replicaCount: Invalid value: "string"'],
    ['of the wrong type, further down', '{service: {app: {port: http}}}', 'spec.service.app.port: Invalid value'],
    ['out of range', '{replicaCount: -1}', 'spec.replicaCount: Invalid value: -1'],
    [
      'that is not allowed',
      '{image: {app: {pullPolicy: Sometimes}}}',
      'spec.image.app.pullPolicy: Invalid value: "Sometimes": must be one of: Always, IfNotPresent, Never',
    ],
    ['that is not allowed, in a list', '{tolerations: [{operator: Foo}]}', 'spec.tolerations[0].operator'],
    ['of an unknown field', '{replicas: 2}', 'unknown field "spec.replicas"'],
    ['of an unknown field, further down', '{image: {app: {name: x}}}', 'unknown field "spec.image.app.name"'],
  ])('with a value %s is refused with the path', async (_, spec, message) => {
    const { ok, text } = await apply(bookStore('wrong', spec));
    expect(ok).toBe(false);
    expect(text).toContain(message);
    expect((await kubectl('get', 'bookstore', 'wrong')).text).toContain('not found');
  });

  it('may have a name of 53 characters, which is what helm takes, and no longer one', async () => {
    expect(await apply(bookStore('a'.repeat(53), '{}'), '--dry-run=server')).toMatchObject({ ok: true });
    const { ok, text } = await apply(bookStore('a'.repeat(54), '{}'), '--dry-run=server');
    expect(ok).toBe(false);
    expect(text).toContain(
      "metadata.name must be at most 53 characters: it is the name of the Helm release, and that is Helm's limit",
    );
  });
});

describe('the generator', () => {
  /** Every kind of enum at every kind of place: whether the cost limit for rules holds is for the API server to say. */
  it('makes of enums what the API server accepts, wherever they stand', async () => {
    const enums = {
      s: { type: 'string', enum: ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
      i: { type: 'integer', enum: [1, 2, 3] },
      f: { type: 'number', enum: [1, 2.5] },
      b: { type: 'boolean', enum: [true] },
      p: { 'x-kubernetes-int-or-string': true, enum: ['http', 80] },
    };
    const item = { type: 'object', properties: enums };
    const result = specSchema({
      type: 'object',
      properties: {
        fixed: item,
        bounded: { type: 'array', maxItems: 1000, items: item },
        list: { type: 'array', items: item },
        nested: { type: 'array', items: { type: 'array', items: item } },
        map: { type: 'object', additionalProperties: enums.s },
      },
    });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const gvk = { group: 'crd-test.velotio.com', version: 'v1', kind: 'Enums' };
    const crd = customResourceDefinition({ gvk, spec: result.schema, plural: 'enums', description: 'Enums.' });
    const applied = await apply(JSON.stringify(crd));
    expect(applied).toMatchObject({ ok: true });
    await established('enums.crd-test.velotio.com');
    const enumsOf = (values: object): string => {
      const spec = { fixed: values, bounded: [values], list: [values], nested: [[values]] };
      return JSON.stringify({ apiVersion: 'crd-test.velotio.com/v1', kind: 'Enums', metadata: { name: 'x' }, spec });
    };
    const check = (values: object) => apply(enumsOf(values), '--server-side', '--dry-run=server');
    const right = { s: 'NoExecute', i: 2, f: 2.5, b: true, p: 80 };
    expect(await check(right)).toMatchObject({ ok: true });
    expect(await check({ s: null, i: null, f: null, b: null, p: null })).toMatchObject({ ok: true });
    for (const wrong of [{ s: 'No' }, { i: 4 }, { f: 3 }, { b: false }, { p: 81 }, { p: 'https' }]) {
      const { ok, text } = await check({ ...right, ...wrong });
      expect(ok).toBe(false);
      expect(text).toContain('list[0]');
    }
    await kubectl('delete', 'crd', 'enums.crd-test.velotio.com', '--wait=false');
  });
});
