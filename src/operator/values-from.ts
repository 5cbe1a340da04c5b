// The layer of values that comes out of Secrets and ConfigMaps in the resource's namespace.
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import { CodedError } from '../lib/coded-error.ts';
import { isMap } from '../lib/merge-maps.ts';
import { type PathStep, parseValuesPath } from '../watches/override-values.ts';
import { parseValuesYaml } from '../watches/values-yaml.ts';
import type { ValuesReference } from '../watches/watch-entry.ts';
import { mergeLayers, type Values } from './values.ts';

/** A reference that gives no values. The message names it and never shows its content. */
export class ValuesSourceError extends CodedError<'VALUES_SOURCE_MISSING' | 'VALUES_SOURCE_INVALID'> {}

interface SourceObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** Reads the references in order; later ones win. @throws ValuesSourceError, ApiError */
export async function readValuesFrom(
  client: KubeClient,
  references: readonly ValuesReference[],
  options: { readonly namespace: string; readonly signal?: AbortSignal | undefined },
): Promise<Values> {
  const layers = await Promise.all(references.map((reference) => readOne(client, reference, options)));
  return mergeLayers(layers);
}

async function readOne(
  client: KubeClient,
  reference: ValuesReference,
  options: { readonly namespace: string; readonly signal?: AbortSignal | undefined },
): Promise<Values> {
  const { kind, name, valuesKey, optional, targetPath } = reference;
  const resource = kind === 'Secret' ? CoreResources.secrets : CoreResources.configMaps;
  const source = await client.find<SourceObject>(resource, {
    namespace: options.namespace,
    name,
    signal: options.signal,
  });
  const what = `${kind} ${options.namespace}/${name}`;
  const stored = source?.data?.[valuesKey];
  if (stored === undefined) {
    if (optional) return {};
    const missing = source === undefined ? `${what} does not exist` : `${what} has no key "${valuesKey}"`;
    throw new ValuesSourceError('VALUES_SOURCE_MISSING', `values come from a source that is missing: ${missing}`, {
      remedy: 'Create it, or make the reference optional.',
    });
  }
  const text = kind === 'Secret' ? Buffer.from(stored, 'base64').toString('utf8') : stored;
  return targetPath === undefined ? parseValues(text, `${what} key "${valuesKey}"`) : nest(targetPath, text);
}

function parseValues(text: string, what: string): Values {
  const parsed = parseValuesYaml(text);
  if (parsed.ok) return parsed.values;
  const { place } = parsed;
  const where = place === undefined ? '' : ` (line ${place.line}, column ${place.column})`;
  throw new ValuesSourceError('VALUES_SOURCE_INVALID', `${what} is not a YAML map of values${where}`, {
    remedy: 'Put a YAML document there, or name the target with targetPath.',
  });
}

function nest(path: string, text: string): Values {
  const parsed = parseValuesPath(path);
  if (!parsed.ok) throw new ValuesSourceError('VALUES_SOURCE_INVALID', `targetPath "${path}" has ${parsed.found}`);
  const wrap = (step: PathStep, inner: unknown): unknown => {
    if (typeof step === 'string') return { [step]: inner };
    const list: unknown[] = [];
    list[step] = inner;
    return Array.from(list, (item) => item ?? null);
  };
  const nested = parsed.value.reduceRight<unknown>((inner, step) => wrap(step, inner), text);
  return isMap(nested) ? nested : {};
}
