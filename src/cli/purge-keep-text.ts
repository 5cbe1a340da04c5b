// What people read after `purge keep`: until when, by their clock and by everybody's.
import type { KeepResult } from '../purge/keep/set-keep.ts';
import { counted, oneLine } from './output.ts';

/** What was done, until when, and what a plan would say now. */
export function keepLines(result: KeepResult, { timeZone }: { readonly timeZone: string }): readonly string[] {
  return [whatWasDone(result, timeZone), whatAPlanSays(result)].map(oneLine);
}

/** `Fri 27 Nov 2026, 08:00:00 (Europe/Berlin), 2026-11-27T07:00:00Z`. */
export function localAndUtc(iso: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(new Date(iso));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((one) => one.type === type)?.value ?? '';
  const date = `${part('weekday')} ${part('day')} ${part('month')} ${part('year')}`;
  return `${date}, ${part('hour')}:${part('minute')}:${part('second')} (${timeZone}), ${iso}`;
}

function whatWasDone({ namespace, release, annotation, change, until }: KeepResult, timeZone: string): string {
  const what = release === undefined ? `namespace ${namespace}` : `${namespace}/${release}`;
  const when = until === undefined || until === 'always' ? 'without an end' : `until ${localAndUtc(until, timeZone)}`;
  switch (change) {
    case 'written':
      return `${what} is kept ${when}`;
    case 'left':
      return `${what} is kept already, ${when}, which is longer: ${annotation} is left as it is (--force replaces it)`;
    case 'removed':
      return `${annotation} is taken away from namespace ${namespace}`;
    case 'absent':
      return `namespace ${namespace} carries no ${annotation}: there was nothing to take away`;
  }
}

function whatAPlanSays({ release, entries }: KeepResult): string {
  if (entries.length === 0) {
    return release === undefined ? 'there is no release in it now' : 'there is no such release now';
  }
  const going = entries.filter(({ action }) => action === 'purge').length;
  if (going === 0) return `a plan keeps ${counted(entries.length, 'release')} now, whatever the policy`;
  return (
    `nothing there keeps ${going} of ${counted(entries.length, 'release')} now: ` +
    'whether they go is for the policy to say, see purge plan'
  );
}
