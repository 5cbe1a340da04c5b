// `null` in values, with the real helm: what reaches the chart's templates, its schema, and the cluster.
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { desiredDigest } from '../../../src/operator/desired-digest.ts';
import { finalValues, type Values } from '../../../src/operator/values.ts';
import { inspectChart } from '../../../src/watches/chart.ts';
import type { ChartInfo } from '../../../src/watches/watch-entry.ts';
import { eventually, kubectl, type OperatorRun, startOperator, tutorialBookStore } from '../../support/operator-run.ts';
import { testCluster } from '../../support/test-context.ts';
import { manifests, render } from '../charts/helm-template.ts';

const echo = resolve('test/support/charts/echo');

/** What the echo chart's templates get, once nobody sets anything. */
const untouched = {
  resources: {},
  image: { tag: 'latest' },
  deep: { a: { b: { c: 1, d: 2 } } },
  list: [1, 2],
  text: 'hello',
  imported: { fromDb: { pool: 5, wait: 1 } },
  global: { zone: 'a' },
};
const main = {
  port: 27017,
  user: { name: 'root', group: 'root' },
  defaults: { pool: 5, wait: 1 },
  fromAbove: 1,
  global: { zone: 'a' },
};
const loose = { a: { b: 1, c: 2 }, global: { colour: 'red', size: 1, zone: 'a' } };

async function inspect(path: string): Promise<ChartInfo> {
  const result = await inspectChart(path);
  if (!result.ok) throw new Error(result.found);
  return result.chart;
}

/** The values as the templates of the chart and of its subcharts see them. */
async function echoed(layers: readonly Values[], chart: ChartInfo) {
  const objects = await manifests(finalValues(layers, chart.defaults), { chart: chart.path, release: 'x' });
  const of = (name: string): Values => {
    const { data } = objects.find(({ metadata }) => metadata.name === name) as unknown as { data: { values: string } };
    return JSON.parse(data.values) as Values;
  };
  const { main: _main, loose: _loose, ...own } = of('x');
  return { own, main: of('x-main'), loose: of('x-loose') };
}

interface Case {
  readonly what: string;
  readonly layers: readonly Values[];
  readonly own?: Values;
  readonly main?: Values;
  readonly loose?: Values;
}

const { text: _text, list: _list, resources: _resources, ...withoutThree } = untouched;
const cases: readonly Case[] = [
  { what: 'nothing set, nothing taken away', layers: [{}] },
  { what: 'a default goes', layers: [{ text: null, list: null, resources: null }], own: withoutThree },
  {
    what: 'a default goes at depth, its neighbours stay',
    layers: [{ deep: { a: { b: { c: null } } } }],
    own: { ...untouched, deep: { a: { b: { d: 2 } } } },
  },
  {
    what: 'a map of defaults goes as a whole',
    layers: [{ deep: { a: { b: null } } }],
    own: { ...untouched, deep: { a: {} } },
  },
  { what: 'a null without a default below a map that has none', layers: [{ resources: { limits: null } }] },
  { what: 'a null without a default beside one', layers: [{ image: { registry: null } }] },
  { what: 'a null for a default that is null', layers: [{ image: { digest: null } }] },
  { what: 'a null at the root without a default', layers: [{ extra: null, unknown: null }] },
  {
    what: 'a null without a default at depth leaves the map that it stands in',
    layers: [{ extra: { a: null }, deep: { x: { y: null } } }],
    own: { ...untouched, extra: {}, deep: { a: untouched.deep.a, x: {} } },
  },
  {
    what: 'nulls in lists stay',
    layers: [{ list: [null, { a: null }] }],
    own: { ...untouched, list: [null, { a: null }] },
  },
  {
    what: 'a null of valuesFrom takes a default away',
    layers: [{ text: null, resources: { limits: null } }, {}, {}],
    own: { ...untouched, text: undefined },
  },
  {
    what: 'a null of spec takes away what valuesFrom set, and the default',
    layers: [{ text: 'from a Secret', extra: { a: 'x' } }, { text: null, extra: null }, {}],
    own: { ...untouched, text: undefined },
  },
  {
    what: 'what spec sets stays, whatever valuesFrom took away',
    layers: [{ text: null, extra: null }, { text: 'mine', extra: { a: 'x' } }, {}],
    own: { ...untouched, text: 'mine', extra: { a: 'x' } },
  },
  {
    what: 'an override beats a null of spec',
    layers: [{}, { text: null }, { text: 'decided' }],
    own: { ...untouched, text: 'decided' },
  },
  {
    what: 'what an override leaves open in a list is null',
    layers: [{}, {}, { list: [null, 'x'] }],
    own: { ...untouched, list: [null, 'x'] },
  },
  {
    what: 'a default of a subchart goes, by its alias',
    layers: [{ main: { port: null, user: { group: null } } }],
    main: { ...main, port: undefined, user: { name: 'root' } },
  },
  {
    what: 'a default of a subchart that nobody declares goes',
    layers: [{ loose: { a: { b: null } } }],
    loose: { ...loose, a: { c: 2 } },
  },
  {
    what: 'a global of a subchart goes',
    layers: [{ global: { colour: null } }],
    own: { ...untouched, global: { zone: 'a', colour: null } },
    main: { ...main, global: { zone: 'a', colour: null } },
    loose: { ...loose, global: { size: 1, zone: 'a' } },
  },
  {
    what: 'an imported default goes',
    layers: [{ imported: { fromDb: { pool: null } } }],
    own: { ...untouched, imported: { fromDb: { wait: 1 } } },
  },
];

describe('null removes a default, and only that', () => {
  let directory: ChartInfo;
  let archive: ChartInfo;

  beforeAll(async () => {
    const { helm, testRoot, path } = testCluster();
    await promisify(execFile)(helm, ['package', echo, '--destination', testRoot], {
      env: { PATH: path, HOME: testRoot },
    });
    directory = await inspect(echo);
    archive = await inspect(join(testRoot, 'echo-1.0.0.tgz'));
  });

  test('the defaults of an archive are those of its directory', () => {
    expect(archive.defaults).toEqual(directory.defaults);
  });

  test.each(cases)('$what', async ({ what: _what, layers, ...expected }) => {
    const result = await echoed(layers, directory);
    expect(result).toEqual({ own: untouched, main, loose, ...expected });
    expect(await echoed(layers, archive)).toEqual(result);
  });

  test('where helm alone would hand a null on to the schema, and fail', async () => {
    const spec = { resources: { limits: null } };
    const { exitCode, stderr } = await render(spec, { chart: echo });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('/resources/limits');
    expect((await render(finalValues([spec], directory.defaults), { chart: echo })).exitCode).toBe(0);
  });

  test('an idle null makes no difference to the digest, one for a default does', () => {
    const digestOf = (spec: Values) =>
      desiredDigest({
        chartDigest: directory.digest,
        chartVersion: directory.version,
        values: finalValues([spec], directory.defaults),
        flags: [],
      });
    expect(digestOf({ extra: null, resources: { limits: null } })).toBe(digestOf({ resources: {} }));
    expect(digestOf({ text: null })).not.toBe(digestOf({}));
  });
});

describe('null in a BookStore', () => {
  const namespace = 'op-nulls';
  const fieldManager = 'test';
  let operator: OperatorRun;

  beforeAll(async () => {
    await kubectl('create', 'namespace', namespace);
    operator = await startOperator({
      namespace,
      entry: {
        valuesFrom: [{ kind: 'ConfigMap', name: 'shared', valuesKey: 'values.yaml', optional: true }],
        overrideTree: { podLabels: { team: 'a' } },
      },
    });
  });
  afterAll(async () => {
    await operator.stop();
    await kubectl('delete', 'namespace', namespace, '--wait=false');
  });

  test('is deployed as it is meant, out of each layer', async () => {
    // the security contexts have defaults; resources, nodeSelector and podLabels have none below them
    const shared = `{"mongodb": {"podSecurityContext": {"fsGroup": null}}, "nodeSelector": {"disk": null}, "podLabels": null}`;
    await kubectl('-n', namespace, 'create', 'configmap', 'shared', `--from-literal=values.yaml=${shared}`);
    const spec = {
      resources: { limits: null, requests: { cpu: '1m' } },
      image: { app: { tag: null, repository: 'shop@sha256:0' } },
      app: { podSecurityContext: null },
    };
    // only server-side apply keeps a null
    await operator.client.apply(
      operator.bookStores,
      { ...tutorialBookStore(namespace, 'shop'), spec },
      { fieldManager },
    );
    await operator.ready('shop');
    const pods = async (name: string) =>
      JSON.parse(await kubectl('-n', namespace, 'get', 'deployment', name, '-o', 'jsonpath={.spec.template}')) as {
        readonly metadata: { readonly labels: Record<string, string> };
        readonly spec: {
          readonly securityContext: unknown;
          readonly nodeSelector?: unknown;
          readonly containers: readonly [{ readonly image: string; readonly resources: unknown }];
        };
      };
    const app = await pods('shop-bookstore');
    expect(app.spec.containers[0]).toMatchObject({ image: 'shop@sha256:0', resources: { requests: { cpu: '1m' } } });
    expect(app.spec.containers[0].resources).toEqual({ requests: { cpu: '1m' } });
    expect(app.spec.securityContext).toEqual({});
    expect(app.spec.nodeSelector).toBeUndefined();
    expect(app.metadata.labels.team).toBe('a');
    expect((await pods('shop-bookstore-mongodb')).spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 999,
      runAsGroup: 999,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  test('for which the chart has no default changes nothing, and makes no revision', async () => {
    const before = operator.helm.verbs.length;
    const spec = {
      resources: { limits: null, requests: { cpu: '1m', memory: null } },
      image: { app: { tag: null, repository: 'shop@sha256:0' } },
      app: { podSecurityContext: null },
      nodeSelector: { disk: null },
    };
    await operator.client.apply(
      operator.bookStores,
      { ...tutorialBookStore(namespace, 'shop'), spec },
      { fieldManager },
    );
    const resource = await eventually('it was seen', async () => {
      const { metadata, status } = (await operator.get('shop')) ?? {};
      return metadata?.generation === 2 && status?.observedGeneration === 2 && status;
    });
    expect(resource.release?.revision).toBe(1);
    expect(operator.helm.verbs.slice(before)).toEqual([]);
  });
});
