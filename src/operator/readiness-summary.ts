// Objects that are not ready, summed up in one bounded message. Pure.
import { oneLine } from '../lib/one-line.ts';
import type { WorkloadsReadiness } from './observation.ts';
import type { Readiness } from './status-object.ts';

/** An object that is not ready. */
export interface Unready {
  readonly kind: string;
  readonly name: string;
  readonly readiness: Readiness;
  /** What its pods say. */
  readonly trouble?: string | undefined;
}

/** How many objects a message tells of; the others are counted. */
export const maxTold = 3;

/** All of them share this many characters, which fits into a condition's message with room to spare. */
const maxLength = 960;

/** The order in which they are told: what will not become ready by waiting first, then by name. */
export function inOrderOfTelling<T extends Unready>(unready: readonly T[]): readonly T[] {
  const place = ({ readiness, kind, name }: Unready): string =>
    `${readiness.state === 'failed' ? 0 : 1} ${kind} ${name}`;
  return unready.toSorted((a, b) => place(a).localeCompare(place(b)));
}

/** Objects in the order in which they are told, summed up. */
export function summarize(unready: readonly Unready[]): Pick<WorkloadsReadiness, 'state' | 'message'> {
  const told = unready.slice(0, maxTold);
  const others = unready.length - told.length;
  const texts = told.map((each) => oneLine(textOf(each), Math.floor(maxLength / told.length)));
  return {
    state: unready.some(({ readiness }) => readiness.state === 'failed') ? 'failed' : 'progressing',
    message: [...texts, ...(others === 0 ? [] : [`and ${others} more`])].join('; '),
  };
}

function textOf({ kind, name, readiness, trouble }: Unready): string {
  const text = `${kind} ${name}: ${readiness.message}`;
  return trouble === undefined ? text : `${text}; ${trouble}`;
}
