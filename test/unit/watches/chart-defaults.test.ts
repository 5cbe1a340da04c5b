import { describe, expect, test } from 'vitest';
import { chartDefaults } from '../../../src/watches/chart-defaults.ts';
import { archive } from '../../support/chart-archive.ts';

/** A chart's files as text, or as bytes. */
function defaultsOf(files: Readonly<Record<string, string | Buffer>>) {
  const byPath = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
  return chartDefaults({ read: (path) => byPath.get(path), paths: [...byPath.keys()], contents: [] });
}

const chart = (text = '') => `apiVersion: v2\nname: shop\nversion: 1.0.0\n${text}`;

describe('the values', () => {
  test('are those of values.yaml, read as helm reads them', async () => {
    const { values } = await defaultsOf({
      'Chart.yaml': chart(),
      'values.yaml': 'a: &a {b: 0o17}\nc: *a\n---\nc: {d: ~}',
    });
    expect(values).toEqual({ a: { b: 15 }, c: { b: 15, d: null } });
  });

  test('are none without a values.yaml, and then nothing is open', async () => {
    expect(await defaultsOf({ 'Chart.yaml': chart() })).toEqual({ values: {}, openPaths: [] });
  });

  test.each(['a: [', '- a', 'text'])('may be anything where values.yaml is %j', async (text) => {
    expect(await defaultsOf({ 'Chart.yaml': chart(), 'values.yaml': text })).toEqual({ values: {}, openPaths: [[]] });
  });
});

describe('what is open', () => {
  const globalToo = (...names: string[]) => [...names.map((name) => [name]), ['global']];

  test.each([
    ['a dependency', { 'Chart.yaml': chart('dependencies: [{name: db}]') }, globalToo('db')],
    ['an alias', { 'Chart.yaml': chart('dependencies: [{name: db, alias: main}]') }, globalToo('db', 'main')],
    [
      'a dependency of a chart of the first kind',
      { 'Chart.yaml': chart(), 'requirements.yaml': 'dependencies: [{name: db}]' },
      globalToo('db'),
    ],
    [
      'a chart in charts/, as it calls itself',
      { 'Chart.yaml': chart(), 'charts/directory/Chart.yaml': 'name: cache' },
      globalToo('cache'),
    ],
    [
      'a packaged chart in charts/',
      { 'Chart.yaml': chart(), 'charts/any-1.0.tgz': archive('cache/Chart.yaml', 'name: cache') },
      globalToo('cache'),
    ],
    [
      'the place where values are imported to',
      { 'Chart.yaml': chart('dependencies: [{name: db, import-values: [{child: a, parent: b.c}]}]') },
      [...globalToo('db'), ['b', 'c']],
    ],
    [
      'everything, where exports are imported',
      { 'Chart.yaml': chart('dependencies: [{name: db, import-values: [data]}]') },
      [...globalToo('db'), []],
    ],
    [
      'everything, where values are imported to the root',
      { 'Chart.yaml': chart('dependencies: [{name: db, import-values: [{child: a, parent: .}]}]') },
      [...globalToo('db'), []],
    ],
    [
      'everything, where a packaged chart cannot be unpacked',
      { 'Chart.yaml': chart(), 'charts/any-1.0.tgz': 'hello' },
      [[]],
    ],
  ])('%s', async (_what, files, openPaths) => {
    expect((await defaultsOf(files)).openPaths).toEqual(openPaths);
  });

  test.each([
    ['what helm passes over in charts/', { 'charts/_old/Chart.yaml': 'name: a', 'charts/.b/Chart.yaml': 'name: b' }],
    ['files in charts/ that are no chart', { 'charts/README.md': 'name: a', 'charts/db/values.yaml': 'name: b' }],
    ['a Chart.yaml anywhere else', { 'files/charts/db/Chart.yaml': 'name: a', 'templates/Chart.yaml': 'name: b' }],
    ['dependencies that are none', { 'requirements.yaml': 'dependencies: {name: db}' }],
  ])('not %s', async (_what, files) => {
    expect((await defaultsOf({ 'Chart.yaml': chart(), ...files })).openPaths).toEqual([]);
  });
});
