// The values that a resource asks for itself, by annotation: obeyed only where its watch entry allows it. Pure.
import { ResourceAnnotation } from '../../api/v1alpha1/annotations.ts';
import { dataKey, objectName } from '../../watches/text-rules.ts';
import type { ValuesReference, WatchEntry } from '../../watches/watch-entry.ts';
import type { ObservedResource } from '../observe/observation.ts';

/** A reference, with who makes it: whoever has to correct it has to know where it stands. */
export interface NamedReference extends ValuesReference {
  /** True: the resource's annotation; it can be neither optional nor have a target. Default false: watches.yaml. */
  readonly isAnnotated?: boolean;
}

/** References, or what stands there instead. */
export type ParsedReferences =
  | { readonly ok: true; readonly references: readonly NamedReference[] }
  | { readonly ok: false; readonly found: string };

/** What a resource's values come from. */
export type NamedReferences =
  | {
      readonly ok: true;
      readonly references: readonly NamedReference[];
      /** Something that was asked for and is not done. */
      readonly notice?: string;
    }
  | { readonly ok: false; readonly message: string };

/** Whoever writes the resource wrote this: so many requests it may cause, and no more. */
const maxReferences = 16;

const expected = 'Secret/name/key or ConfigMap/name/key, one or more, separated by commas';

/** Reads `Secret/name/key[,ConfigMap/name/key…]`. Names and keys are such as the API server could have. */
export function parseValuesAnnotation(text: string): ParsedReferences {
  const items = text.split(',').map((item) => item.trim());
  if (items.length > maxReferences) return { ok: false, found: `${items.length} of them; at most ${maxReferences}` };
  const references: NamedReference[] = [];
  for (const item of items) {
    const [kind = '', name = '', valuesKey = '', ...more] = item.split('/');
    const isReference = more.length === 0 && objectName.test(name) && dataKey.test(valuesKey);
    if ((kind !== 'Secret' && kind !== 'ConfigMap') || !isReference) return { ok: false, found: quoted(item) };
    references.push({ kind, name, valuesKey, optional: false, isAnnotated: true });
  }
  return { ok: true, references };
}

/** The entry's references, and then, so that they win, those of the resource's annotation. */
export function referencesOf(entry: WatchEntry, resource: ObservedResource): NamedReferences {
  const name = ResourceAnnotation.valuesFrom;
  const text = resource.metadata.annotations?.[name];
  const references = entry.valuesFrom;
  if (text === undefined) return { ok: true, references };
  if (!entry.allowValuesFromAnnotation) {
    const why = `the entry of ${entry.gvk.kind} in watches.yaml does not have allowValuesFromAnnotation: true`;
    return { ok: true, references, notice: `annotation ${name} is ignored: ${why}` };
  }
  const parsed = parseValuesAnnotation(text);
  if (parsed.ok) return { ok: true, references: [...references, ...parsed.references] };
  return { ok: false, message: `annotation ${name}: expected ${expected}; found ${parsed.found}` };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
