// What people read of the releases that failed: what to do about each, and what failed for the same cause told once.
import type { ReleaseOutcome } from '../purge/record/report.ts';
import { counted } from './output.ts';
import { type PasteOptions, pasteLine } from './paste-line.ts';

type Failure = Extract<ReleaseOutcome, { readonly result: 'failed' }>;

/** In the order given. Those of one namespace with one cause stand at the first of them: all of them stand in the table. */
export function failureLines(outcomes: readonly ReleaseOutcome[], paste: PasteOptions): readonly string[] {
  const failures = outcomes.filter((outcome) => outcome.result === 'failed');
  return [...Map.groupBy(failures, causeOf).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { namespace, name, code, message, remedy } = first;
    const line = pasteLine(first, paste);
    return [
      `${namespace}/${name} failed (${code}): ${message}`,
      ...(remedy === undefined ? [] : [`  ${remedy}`]),
      ...(line === undefined ? [] : [`  ${line}`]),
      ...(others.length === 0
        ? []
        : [`  and ${counted(others.length, 'more release')} of namespace ${namespace} with the same code`]),
    ];
  });
}

/** Codes that tell the cause by themselves: a right that is missing. Which object shows it first says nothing more. */
const rightsCodes: ReadonlySet<string> = new Set(['OWNERSHIP_UNREADABLE', 'API_FORBIDDEN']);

/** Equal for failures that somebody ends with one remedy: the messages may differ in the release's name alone. */
function causeOf({ namespace, name, code, message, remedy = '', record }: Failure): string {
  const told = rightsCodes.has(code) ? [remedy] : [remedy, message];
  return JSON.stringify([namespace, code, record, ...told.map((text) => text.replaceAll(name, '\0'))]);
}
