import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WatchesError } from '../../../src/watches/errors.ts';
import { loadWatches } from '../../../src/watches/load.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watches-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
}

const chartYaml = 'apiVersion: v2\nname: shop\nversion: 1.2.3\nappVersion: 4\n';
const watch = (chart: string): string => `- {group: a.io, version: v1, kind: Shop, chart: ${chart}}\n`;

async function load(chart: string) {
  await write({ 'watches.yaml': watch(chart) });
  const entries = await loadWatches(join(directory, 'watches.yaml'), { env: {}, workingDir: join(directory, 'cwd') });
  return entries[0]?.chart;
}

async function errorOf(chart: string): Promise<WatchesError> {
  try {
    await load(chart);
  } catch (error) {
    return error as WatchesError;
  }
  throw new Error('it was accepted');
}

describe('the file', () => {
  it('that we ship maps BookStore to the bundled chart', async () => {
    const entries = await loadWatches('watches.yaml', { env: {} });
    expect(entries).toMatchObject([
      {
        gvk: { group: 'velotio.com', version: 'v1alpha1', kind: 'BookStore' },
        chart: { name: 'bookstore', hasSchema: true },
      },
    ]);
  });

  it('that does not exist is named, with the way out', async () => {
    const path = join(directory, 'nope.yaml');
    await expect(loadWatches(path, { env: {} })).rejects.toMatchObject({
      code: 'WATCHES_UNREADABLE',
      isTerminal: true,
      message: expect.stringContaining(path),
      remedy: expect.stringContaining('--watches-file'),
    });
  });

  it('is told what is wrong in it and in its charts in one go, in the order of its lines', async () => {
    await write({
      'ok/Chart.yaml': chartYaml,
      'watches.yaml': `- version: v1
  kind: One
  chart: nowhere
  timeout: soon
- version: v1
  kind: Two
  chart: ok
  crd: Skip
- version: v1
  chart: library
`,
      'library/Chart.yaml': `${chartYaml}type: library\n`,
    });
    const path = join(directory, 'watches.yaml');
    const error: unknown = await loadWatches(path, { env: {}, workingDir: directory }).catch((cause: unknown) => cause);
    expect(String((error as WatchesError).message).replaceAll(directory, 'DIR')).toMatchInlineSnapshot(`
      "DIR/watches.yaml has 5 problems:
      DIR/watches.yaml:3:10: [0].chart: expected a chart: a directory or .tgz archive with Chart.yaml, found nothing at DIR/nowhere
      DIR/watches.yaml:4:12: [0].timeout: expected a Go duration such as 1m30s, more than 0, found "soon"
      DIR/watches.yaml:8:3: [1]: unknown field "crd"; did you mean "crds"?
      DIR/watches.yaml:9:3: [2].kind: expected a kind such as BookStore, found nothing
      DIR/watches.yaml:10:10: [2].chart: expected a chart: a directory or .tgz archive with Chart.yaml, found DIR/library, which is a library and cannot be installed"
    `);
  });
});

describe('the chart', () => {
  it('is known by name, version, content and schema', async () => {
    await write({ 'shop/Chart.yaml': chartYaml, 'shop/values.schema.json': '{}' });
    expect(await load('shop')).toEqual({
      path: join(directory, 'shop'),
      name: 'shop',
      version: '1.2.3',
      appVersion: '4',
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      hasSchema: true,
      defaults: { values: {}, openPaths: [] },
      kinds: [],
    });
  });

  it('is looked for beside the file first, then in the working directory', async () => {
    await write({ 'cwd/shop/Chart.yaml': chartYaml });
    expect(await load('shop')).toMatchObject({ path: join(directory, 'cwd/shop') });
    await write({ 'shop/Chart.yaml': chartYaml });
    expect(await load('shop')).toMatchObject({ path: join(directory, 'shop'), hasSchema: false });
    expect(await load(join(directory, 'cwd/shop'))).toMatchObject({ path: join(directory, 'cwd/shop') });
  });

  it('has another digest when a byte, a name or a file changes, and the same when nothing does', async () => {
    const files = { 'shop/Chart.yaml': chartYaml, 'shop/templates/a.yaml': 'a', 'shop/templates/b.yaml': 'b' };
    await write(files);
    const digests = [(await load('shop'))?.digest];
    await write(files);
    expect((await load('shop'))?.digest).toBe(digests[0]);
    for (const change of [{ 'shop/templates/a.yaml': 'aa' }, { 'shop/templates/c.yaml': '' }]) {
      await write(change);
      digests.push((await load('shop'))?.digest);
    }
    await rm(join(directory, 'shop/templates/b.yaml'));
    digests.push((await load('shop'))?.digest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('may have links in it, as helm allows', async () => {
    await write({ 'shop/Chart.yaml': chartYaml, 'shared/a.yaml': 'a' });
    await symlink('../shared', join(directory, 'shop/templates'));
    const before = (await load('shop'))?.digest;
    await write({ 'shared/a.yaml': 'b' });
    expect((await load('shop'))?.digest).not.toBe(before);
  });

  it('may be an archive', async () => {
    await write({
      'shop/Chart.yaml': chartYaml,
      'shop/values.schema.json': '{}',
      'shop/values.yaml': 'a: {b: 1}',
      'shop/charts/sub/Chart.yaml': 'name: sub',
    });
    await promisify(execFile)('tar', ['-czf', 'shop-1.2.3.tgz', 'shop'], { cwd: directory });
    const archived = await load('shop-1.2.3.tgz');
    expect(archived).toMatchObject({
      name: 'shop',
      version: '1.2.3',
      hasSchema: true,
      defaults: { values: { a: { b: 1 } }, openPaths: [['sub'], ['global']] },
    });
    expect((await load('shop'))?.defaults).toEqual(archived?.defaults);
  });

  it.each([
    ['is nowhere', {}, 'nothing at DIR/shop or DIR/cwd/shop'],
    ['has no Chart.yaml', { 'shop/values.yaml': '' }, 'DIR/shop, which has no Chart.yaml'],
    ['has a broken Chart.yaml', { 'shop/Chart.yaml': 'a: [' }, 'whose Chart.yaml is not YAML'],
    ['has an empty Chart.yaml', { 'shop/Chart.yaml': '' }, 'whose Chart.yaml is not a mapping'],
    ['has no name', { 'shop/Chart.yaml': 'version: 1.0.0' }, 'whose Chart.yaml has no name'],
    ['has no version', { 'shop/Chart.yaml': 'name: shop' }, 'whose Chart.yaml has no version'],
    ['is a library', { 'shop/Chart.yaml': `${chartYaml}type: library` }, 'which is a library and cannot be installed'],
    ['is a file that is no archive', { shop: 'hello' }, 'which cannot be read: incorrect header check'],
  ])('that %s is refused where it is named', async (_, files, found) => {
    await write(files);
    const error = await errorOf('shop');
    expect(error.code).toBe('WATCHES_INVALID');
    expect(error.problems).toHaveLength(1);
    expect(error.problems[0]).toMatchObject({ line: 1, column: 49 });
    expect(error.problems[0]?.found.replaceAll(directory, 'DIR')).toContain(found);
  });

  it('that links to a directory above itself is refused', async () => {
    await write({ 'shop/Chart.yaml': chartYaml });
    await symlink('..', join(directory, 'shop/up'));
    expect((await errorOf('shop')).message).toContain('links to a directory that it stands in');
  });
});
