// What people read of the releases that failed or were refused: what to do about each, and those of the same cause told once.
import type { ReleaseOutcome } from '../purge/record/report.ts';
import { counted } from './output.ts';
import { type PasteOptions, pasteLine } from './paste-line.ts';

/** In the order given. Those of one namespace with one cause stand at the first of them: all of them stand in the table. */
export function failureLines(outcomes: readonly ReleaseOutcome[], paste: PasteOptions): readonly string[] {
  const failures = outcomes.filter((outcome) => outcome.result === 'failed');
  const told = failures.map((failure): Told => {
    const { namespace, name, code, message, record } = failure;
    const head = `${namespace}/${name} failed (${code}): ${message}`;
    return { ...failure, head, state: record, line: pasteLine(failure, paste) };
  });
  return foldedLines(told);
}

/** Those that are kept because nobody could be trusted with them, in the same way. */
export function refusalLines(outcomes: readonly ReleaseOutcome[]): readonly string[] {
  const told = outcomes.flatMap((outcome): Told[] => {
    if (outcome.result !== 'skipped' || outcome.code === undefined) return [];
    const { namespace, name, code, reason, remedy } = outcome;
    const head = `${namespace}/${name} is kept (${code}): ${reason}`;
    return [{ namespace, name, code, message: reason, remedy, head }];
  });
  return foldedLines(told);
}

interface Told {
  readonly namespace: string;
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string | undefined;
  /** The first line. */
  readonly head: string;
  /** To paste. */
  readonly line?: string | undefined;
  /** Of the record: what is to be done differs with it. */
  readonly state?: string;
}

function foldedLines(told: readonly Told[]): readonly string[] {
  return [...Map.groupBy(told, causeOf).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const { namespace, head, remedy, line } = first;
    return [
      head,
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

/** Equal for those that somebody ends with one remedy: the messages may differ in the release's name alone. */
function causeOf({ namespace, name, code, message, remedy = '', state }: Told): string {
  const told = rightsCodes.has(code) ? [remedy] : [remedy, message];
  return JSON.stringify([namespace, code, state ?? '', ...told.map((text) => text.replaceAll(name, '\0'))]);
}
