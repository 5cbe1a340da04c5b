// What the chart makes of its values, as objects, rendered once for any number of releases.
import { join } from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import type { ObjectInput } from '../src/kube/objects.ts';
import type { ReleaseName } from './site.ts';

/** The bundled chart. */
export const chartDir = join(import.meta.dirname, '..', 'charts', 'bookstore');

/** `spec`, or values, of all releases. Without a ServiceAccount the chart is two Deployments and two Services. */
export const firstSpec = { replicaCount: 1, image: { app: { tag: '1' } }, serviceAccount: { create: false } } as const;

/** Pods of one release, by their component. */
export const components = ['app', 'mongodb'] as const;

/** Stands for any release in what is made once and written many times. */
export const placeholder: ReleaseName = { namespace: 'the-namespace', name: 'the-release' };

/** Renders the bundled chart once, for any release: see {@link objectsOf}. */
export async function renderChart(
  spec: object,
  tools: { readonly helm: string; readonly home: string; readonly signal: AbortSignal },
): Promise<readonly ObjectInput[]> {
  const { namespace, name } = placeholder;
  const { stdout } = await execa(tools.helm, ['template', name, chartDir, '-n', namespace, '-f', '-'], {
    input: JSON.stringify(spec),
    env: { HOME: tools.home },
    cancelSignal: tools.signal,
  });
  return parseAllDocuments(stdout).map((document) => document.toJS() as ObjectInput);
}

/** The rendered objects of one release: what the chart would give for it. */
export function objectsOf<T extends ObjectInput>(rendered: readonly T[], release: ReleaseName): readonly T[] {
  return JSON.parse(namedFor(JSON.stringify(rendered), release)) as T[];
}

/** A text that speaks of the placeholder, as that of one release. */
export function namedFor(text: string, { namespace, name }: ReleaseName): string {
  return text.replaceAll(placeholder.namespace, namespace).replaceAll(placeholder.name, name);
}
