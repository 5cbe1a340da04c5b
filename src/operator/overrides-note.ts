// What an Event says of the values that watches.yaml decides, whatever the resource asks for. Pure.
import type { ParsedWatchEntry } from '../watches/watch-entry.ts';

/**
 * Which values are overridden, by their paths and never with a value: those may come out of the operator's environment.
 * Undefined where none is. For the reason `OverrideValuesInUse`, which helm-operator's users know.
 */
export function overridesNote(entry: Pick<ParsedWatchEntry, 'overrideValues'>): string | undefined {
  if (entry.overrideValues.length === 0) return undefined;
  return `overrideValues of watches.yaml decide ${entry.overrideValues.map(({ path }) => path).join(', ')}`;
}
