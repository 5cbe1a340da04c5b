import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/watches/errors.ts';
import { parseWatches } from '../../../src/watches/parse.ts';

const env = { TAG: '1.2' };

function problemsOf(text: string): readonly string[] {
  return parseWatches(text, { file: 'watches.yaml', env }).problems.map(formatProblem);
}

function entriesOf(text: string) {
  const { entries, problems } = parseWatches(text, { file: 'watches.yaml', env });
  expect(problems).toEqual([]);
  return entries.map(({ entry }) => entry);
}

const base = '- {group: a.io, version: v1, kind: Foo, chart: c';

describe('a correct file', () => {
  it('may be the one that operator-sdk scaffolds', () => {
    const scaffold = `# Use the 'create api' subcommand to add watches to this file.
- group: demo.example.com
  version: v1alpha1
  kind: Nginx
  chart: helm-charts/nginx
#+kubebuilder:scaffold:watch
`;
    expect(entriesOf(scaffold)).toEqual([
      {
        gvk: { group: 'demo.example.com', version: 'v1alpha1', kind: 'Nginx' },
        chartPath: 'helm-charts/nginx',
        watchDependentResources: true,
        overrideValues: [],
        overrideTree: {},
        selector: {},
        reconcilePeriodMs: undefined,
        maxConcurrentReconciles: undefined,
        dryRunOption: 'none',
        timeoutMs: 300_000,
        readyTimeoutMs: 300_000,
        maxHistory: 10,
        driftDetection: { mode: 'enabled', ignore: [] },
        valuesFrom: [],
        allowValuesFromAnnotation: false,
        releaseNamespace: undefined,
        crds: 'Create',
        remediation: { install: 'none', upgrade: 'rollback', retries: 3 },
        serviceAccount: undefined,
      },
    ]);
  });

  it('gives every field its meaning', () => {
    const text = `
- group: ''
  version: v1
  kind: Foo
  chart: c
  watchDependentResources: false
  overrideValues:
    image.tag: $TAG
    replicas: 3
    args: '{a,b}'
  selector:
    matchLabels: {app: x}
    matchExpressions:
      - {key: example.com/tier, operator: NotIn, values: [db, '']}
      - {key: team, operator: Exists}
  reconcilePeriod: 1m30s
  maxConcurrentReconciles: 4
  dryRunOption: server
  timeout: 10m
  readyTimeout: 90s
  maxHistory: 0
  driftDetection:
    mode: warn
    ignore:
      - paths: [/spec/replicas, '']
        target: {group: apps, kind: Deployment, labelSelector: {matchLabels: {a: b}}}
  valuesFrom:
    - {kind: Secret, name: creds, targetPath: mongodb.auth.password, valuesKey: password, optional: true}
    - {kind: ConfigMap, name: shared}
  allowValuesFromAnnotation: true
  releaseNamespace: stores
  crds: CreateReplace
  remediation: {install: uninstall, upgrade: none, retries: 0}
  serviceAccount: installer
`;
    expect(entriesOf(text)).toEqual([
      {
        gvk: { group: '', version: 'v1', kind: 'Foo' },
        chartPath: 'c',
        watchDependentResources: false,
        overrideValues: [
          { path: 'image.tag', value: '1.2', isFromEnvironment: true },
          { path: 'replicas', value: '3', isFromEnvironment: false },
          { path: 'args', value: '{a,b}', isFromEnvironment: false },
        ],
        overrideTree: { image: { tag: '1.2' }, replicas: '3', args: ['a', 'b'] },
        selector: {
          matchLabels: { app: 'x' },
          matchExpressions: [
            { key: 'example.com/tier', operator: 'NotIn', values: ['db', ''] },
            { key: 'team', operator: 'Exists' },
          ],
        },
        reconcilePeriodMs: 90_000,
        maxConcurrentReconciles: 4,
        dryRunOption: 'server',
        timeoutMs: 600_000,
        readyTimeoutMs: 90_000,
        maxHistory: 0,
        driftDetection: {
          mode: 'warn',
          ignore: [
            {
              paths: ['/spec/replicas', ''],
              target: { group: 'apps', kind: 'Deployment', labelSelector: { matchLabels: { a: 'b' } } },
            },
          ],
        },
        valuesFrom: [
          { kind: 'Secret', name: 'creds', valuesKey: 'password', optional: true, targetPath: 'mongodb.auth.password' },
          { kind: 'ConfigMap', name: 'shared', valuesKey: 'values.yaml', optional: false },
        ],
        allowValuesFromAnnotation: true,
        releaseNamespace: 'stores',
        crds: 'CreateReplace',
        remediation: { install: 'uninstall', upgrade: 'none', retries: 0 },
        serviceAccount: 'installer',
      },
    ]);
  });

  it('may repeat itself with anchors, aliases and merge keys', () => {
    const text = `
- &first
  group: a.io
  version: v1
  kind: Foo
  chart: &chart c
  timeout: 1m
- <<: *first
  kind: Bar
- {group: a.io, version: v1, kind: Baz, chart: *chart}
`;
    expect(entriesOf(text)).toMatchObject([
      { gvk: { kind: 'Foo' }, timeoutMs: 60_000 },
      { gvk: { group: 'a.io', version: 'v1', kind: 'Bar' }, chartPath: 'c', timeoutMs: 60_000 },
      { gvk: { kind: 'Baz' }, chartPath: 'c', timeoutMs: 300_000 },
    ]);
  });

  it('says nothing with null, as in Go, and never with a period of 0', () => {
    const text = `${base}, overrideValues: , selector: null, reconcilePeriod: 0, timeout: ~}`;
    expect(entriesOf(text)).toMatchObject([
      { overrideValues: [], selector: {}, reconcilePeriodMs: undefined, timeoutMs: 300_000 },
    ]);
  });

  it('may refer to missing variables where that is allowed', () => {
    const { entries, problems } = parseWatches(`${base}, overrideValues: {a: x$NOPE}}`, {
      file: 'watches.yaml',
      env: {},
      allowMissingEnv: true,
    });
    expect(problems).toEqual([]);
    expect(entries[0]?.entry?.overrideTree).toEqual({ a: 'x' });
  });
});

describe('a file with mistakes', () => {
  it('is told all of them at once, each at its place', () => {
    const text = `- group: velotio.com
  version: v1alpha1
  kind: BookStore
  chart: charts/bookstore
  reconcilePeroid: 1m
  timeout: 10 minutes
- group: velotio.com
  version: v1alpha1
  kind: BookStore
  chart: charts/other
  overrideValues:
    image.tag: \${IMAGE_TAG}
`;
    expect(problemsOf(text).join('\n')).toMatchInlineSnapshot(`
      "watches.yaml:5:3: [0]: unknown field "reconcilePeroid"; did you mean "reconcilePeriod"?
      watches.yaml:6:12: [0].timeout: expected a Go duration such as 1m30s, more than 0, found "10 minutes"
      watches.yaml:7:3: [1]: velotio.com/v1alpha1 BookStore is mapped a second time; the first is at watches.yaml:1:3
      watches.yaml:12:16: [1].overrideValues.image.tag: IMAGE_TAG is not set in the environment; with --allow-missing-env it would be empty"
    `);
  });

  it.each([
    ['nothing in it', ''],
    ['only a comment', '# nothing\n'],
    ['a mapping', 'group: a.io\n'],
    ['an empty list', '[]\n'],
    ['two documents', '- {version: v1, kind: Foo, chart: c}\n---\n- {version: v1, kind: Foo, chart: c}\n'],
    ['broken YAML', '- group: [\n'],
    ['the same field twice', '- version: v1\n  version: v2\n'],
    ['a tag that YAML does not know', '- !include other.yaml\n'],
    ['an alias without an anchor', `${base}, selector: *nope}`],
    ['a text for an entry', '- BookStore\n'],
    ['an entry without anything', '- {}\n'],
    ['an entry without a chart', '- {version: v1, kind: Foo}\n'],
    ['an empty chart', "- {version: v1, kind: Foo, chart: ''}\n"],
    ['a group that is none', '- {group: Velotio_com, version: v1, kind: Foo, chart: c}\n'],
    ['a version that is a number', '- {version: 1, kind: Foo, chart: c}\n'],
    ['a kind with a dot', '- {version: v1, kind: Foo.bar, chart: c}\n'],
    ['an unknown field', `${base}, foo: 1}`],
    ['a misspelt field', `${base}, remedation: {}}`],
    ['a misspelt field further down', `${base}, remediation: {retrys: 1}}`],
    ['a text for true', `${base}, watchDependentResources: "yes"}`],
    ['a list for true', `${base}, watchDependentResources: []}`],
    ['a number that is no duration', `${base}, timeout: 300}`],
    ['a negative duration', `${base}, reconcilePeriod: -1m}`],
    ['a period in which nothing can be done', `${base}, reconcilePeriod: 1ns}`],
    ['a timeout of nothing', `${base}, timeout: 0s}`],
    ['no workers', `${base}, maxConcurrentReconciles: 0}`],
    ['half a worker', `${base}, maxConcurrentReconciles: 1.5}`],
    ['a negative history', `${base}, maxHistory: -1}`],
    ['a wrong dry run', `${base}, dryRunOption: client}`],
    ['a wrong CRD policy', `${base}, crds: create}`],
    ['a namespace that is none', `${base}, releaseNamespace: My_NS}`],
    ['overrides that are a list', `${base}, overrideValues: [a=b]}`],
    ['an override that is a mapping', `${base}, overrideValues: {image: {tag: x}}}`],
    ['an override without a value', `${base}, overrideValues: {a: }}`],
    ['an override with a broken path', `${base}, overrideValues: {"a..b": x}}`],
    ['an override with a Go template', `${base}, overrideValues: {a: '{{ env "TAG" }}'}}`],
    ['an override with an unclosed list', `${base}, overrideValues: {a: '{x,y'}}`],
    ['an override that contradicts another', `${base}, overrideValues: {a: x, a.b: z}}`],
    ['an override with a missing variable', `${base}, overrideValues: {a: $NOPE}}`],
    ['a selector with a bad key', `${base}, selector: {matchLabels: {-a: b}}}`],
    ['a selector with a bad value', `${base}, selector: {matchLabels: {a: "b c"}}}`],
    ['a selector with a number', `${base}, selector: {matchLabels: {a: 1}}}`],
    ['a selector without an operator', `${base}, selector: {matchExpressions: [{key: a}]}}`],
    ['a selector with an unknown operator', `${base}, selector: {matchExpressions: [{key: a, operator: Exist}]}}`],
    ['In without values', `${base}, selector: {matchExpressions: [{key: a, operator: In}]}}`],
    ['Exists with values', `${base}, selector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}`],
    ['a wrong drift mode', `${base}, driftDetection: {mode: enable}}`],
    ['a drift rule without paths', `${base}, driftDetection: {ignore: [{target: {kind: Deployment}}]}}`],
    ['a drift path that is no pointer', `${base}, driftDetection: {ignore: [{paths: [spec.replicas]}]}}`],
    ['values from another kind', `${base}, valuesFrom: [{kind: Pod, name: x}]}`],
    ['values from a nameless Secret', `${base}, valuesFrom: [{kind: Secret}]}`],
    ['values to a broken path', `${base}, valuesFrom: [{kind: Secret, name: x, targetPath: "a."}]}`],
    ['a wrong remediation', `${base}, remediation: {upgrade: uninstall}}`],
  ])('says what is wrong with %s', (_, text) => {
    const problems = problemsOf(text);
    expect(problems).not.toEqual([]);
    expect(problems.join('\n')).toMatchSnapshot();
  });

  it('names expected and found in each problem', () => {
    const [problem] = parseWatches(`${base}, timeout: soon}`, { file: 'w.yaml', env }).problems;
    expect(problem).toEqual({
      file: 'w.yaml',
      line: 1,
      column: 60,
      expected: 'a Go duration such as 1m30s, more than 0',
      found: '"soon"',
      message: '[0].timeout: expected a Go duration such as 1m30s, more than 0, found "soon"',
    });
  });

  it('never repeats the value of a variable', () => {
    const text = `${base}, overrideValues: {a: "\${SECRET}{", b: "{$SECRET"}}`;
    const { problems } = parseWatches(text, { file: 'w.yaml', env: { SECRET: 'hunter2' } });
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});
