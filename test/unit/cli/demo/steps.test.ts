// The demo's world is the one it promises, and its lines name files that are there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { createBookStore, installCrds, useBookStore } from '../../../../src/cli/demo/operator-steps.ts';
import * as purge from '../../../../src/cli/demo/purge-steps.ts';
import { releases, releasesThatAre } from '../../../../src/cli/demo/world.ts';
import { packageRoot } from '../../../../src/cli/package-root.ts';
import { parsePolicy } from '../../../../src/purge/policy/policy-file.ts';

const read = (path: string) => readFileSync(join(packageRoot, path), 'utf8');
const steps = [installCrds, createBookStore, useBookStore, ...Object.values(purge)].flat();

interface Namespace {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

const namespaces = parseAllDocuments(read('deploy/demo/namespaces.yaml')).map(
  (document) => document.toJS() as Namespace,
);
const optedIn = namespaces.filter(({ metadata }) => metadata.labels?.['purge.velotio.com/enabled'] === 'true');

test("four developers' namespaces hold eight releases of two charts; one is protected, one namespace did not opt in", () => {
  expect(optedIn).toHaveLength(4);
  expect(namespaces).toHaveLength(5);
  const inThem = releases.filter(({ namespace }) => optedIn.some(({ metadata }) => metadata.name === namespace));
  expect(inThem).toHaveLength(8);
  expect(new Set(inThem.map(({ chart }) => chart)).size).toBe(2);
  expect(releasesThatAre('protected')).toHaveLength(1);
  expect(releases.filter((release) => !inThem.includes(release)).map(({ fate }) => fate)).toEqual(['not-selected']);
});

test('the policy selects the namespaces that opt in', () => {
  const { spec } = parsePolicy(read('deploy/demo/purge-policy.yaml'), 'deploy/demo/purge-policy.yaml');
  expect(spec.namespaceSelector).toEqual({ matchLabels: { 'purge.velotio.com/enabled': 'true' } });
});

test('every file that a line names is in the package', () => {
  const shipped: { files: string[] } = JSON.parse(read('package.json'));
  const named = steps.flatMap(({ line }) => line.match(/\b(?:deploy|charts)\/[\w./-]+/g) ?? []);
  expect(named.length).toBeGreaterThan(5);
  for (const path of named) {
    expect(existsSync(join(packageRoot, path)), path).toBe(true);
    expect(shipped.files).toContain(path.split('/')[0]);
  }
});

test('the notebook chart has the name and the values that it is installed with', () => {
  expect(parse(read('deploy/demo/charts/notebook/Chart.yaml'))).toMatchObject({ apiVersion: 'v2', name: 'notebook' });
});
