// What people read of what is left: what holds back, with a line to paste each, and how much storage is still taken.
import { formatBytes } from '../lib/quantity.ts';
import type { PurgeReport } from '../purge/record/report.ts';
import { describeLeft, type LeftObject, unlookedReasons } from '../purge/verify/left-object.ts';
import { counted } from './output.ts';
import { leftLine, type PasteOptions } from './paste-line.ts';

/** More than these are counted: all of them stand in the data. */
const maxObjects = 20;

/** What stays on purpose stands in the table; here is what somebody may want to look at, and the total. */
export function leftLines(report: PurgeReport, paste: PasteOptions): readonly string[] {
  const all = report.outcomes.flatMap((outcome) => {
    const left = outcome.result === 'purged' || outcome.result === 'failed' ? (outcome.left ?? []) : [];
    return left.filter(isOdd).map((object) => ({ release: outcome, object }));
  });
  const more = all.length - maxObjects;
  return [
    ...all
      .slice(0, maxObjects)
      .flatMap(({ release, object }) => [
        `${release.namespace}/${release.name} has left ${describeLeft(object)}`,
        ...(object.name.endsWith('*') ? [] : [`  ${leftLine(object, { ...paste, release })}`]),
      ]),
    ...(more > 0 ? [`${more} more objects are left: see -o json`] : []),
    ...(report.unlooked === undefined ? [] : [unlookedLine(report.unlooked, all.length > 0)]),
    ...(report.retained === undefined ? [] : [`storage retained: ${storage(report.retained)}`]),
  ];
}

function isOdd({ why }: LeftObject): boolean {
  return why !== 'kept' && why !== 'volume' && why !== 'hook';
}

function unlookedLine(why: keyof typeof unlookedReasons, isSomeKnown: boolean): string {
  return `${isSomeKnown ? 'what else' : 'what'} is left was not looked at: ${unlookedReasons[why]}`;
}

function storage({ claims, bytes }: NonNullable<PurgeReport['retained']>): string {
  return `${formatBytes(bytes)} in ${counted(claims, 'volume claim')}`;
}
