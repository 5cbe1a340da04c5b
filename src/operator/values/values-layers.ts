// The layers of a resource's values by name: whoever corrects a value has to know where it may stand. Pure.
import type { WatchEntry } from '../../watches/watch-entry.ts';

/** How many of a kind are named. */
const maxNamed = 3;

/** The layer that stands in watches.yaml. */
const overrides = 'overrideValues of watches.yaml';

/**
 * What a resource's values are merged from, from the lowest to the highest; the chart's own are left out. `sources` are the
 * Secrets and ConfigMaps that gave any.
 */
export function layersOf(
  { overrideValues }: Pick<WatchEntry, 'overrideValues'>,
  sources: readonly string[],
): readonly string[] {
  const paths = overrideValues.map(({ path }) => path);
  return [
    ...(sources.length === 0 ? [] : [shortened(sources)]),
    'spec',
    ...(paths.length === 0 ? [] : [`${overrides} (${shortened(paths)})`]),
  ];
}

/** What ends a wait for other values, as the end of `It is tried again when …`, with the sentence that names the layers. */
export function changeOf(layers: readonly string[]): { readonly from?: string; readonly when: string } {
  if (layers.length <= 1) return { when: 'the spec changes' };
  const isInFile = layers.some((layer) => layer.startsWith(overrides));
  return {
    from: `Its values come from ${layers.join(', then ')}; each beats the one before.`,
    when: `one of them changes${isInFile ? " (watches.yaml is read at the operator's start)" : ''}`,
  };
}

function shortened(names: readonly string[]): string {
  const more = names.length > maxNamed ? ` and ${names.length - maxNamed} more` : '';
  return `${names.slice(0, maxNamed).join(', ')}${more}`;
}
