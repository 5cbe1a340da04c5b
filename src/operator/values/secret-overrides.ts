// Overrides that must not be told: what the operator's environment holds is often a password.
import { parseOverrideValue } from '../../watches/override-values.ts';
import type { ParsedWatchEntry } from '../../watches/watch-entry.ts';

/** Texts, and lists of them, that came out of the environment. */
export function secretOverrides({ overrideValues }: Pick<ParsedWatchEntry, 'overrideValues'>): readonly unknown[] {
  return overrideValues
    .filter(({ isFromEnvironment }) => isFromEnvironment)
    .map(({ value }) => {
      const parsed = parseOverrideValue(value);
      return parsed.ok ? parsed.value : value;
    });
}
