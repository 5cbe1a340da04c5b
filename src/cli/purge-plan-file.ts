// `purge run --plan FILE`: the plan that somebody looked at, read, and what no longer fits it told.
import { readFile } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { errorText } from '../lib/error-text.ts';
import { PurgeError } from '../purge/errors.ts';
import type { PlanEntry, PurgePlan } from '../purge/plan/plan.ts';
import {
  differencesOfReleases,
  differencesOfTarget,
  type PlanDifference,
  purgesWithin,
} from '../purge/plan/plan-difference.ts';
import { type GivenPlan, parsePlanFile } from '../purge/plan/plan-file.ts';
import type { CommandIo } from './command.ts';
import { type Column, counted, formatTable, type OutputFormat, oneLine, writeOutput } from './output.ts';
import type { PurgeSession } from './purge-session.ts';

/** Reads `--plan`; `-` is stdin. @throws PurgeError `PLAN_INVALID`, `NOT_CONFIRMED` */
export async function readGivenPlan(
  { plan, yes }: { readonly plan?: string; readonly yes: boolean },
  io: CommandIo,
): Promise<GivenPlan | undefined> {
  if (plan === undefined) return undefined;
  if (plan !== '-') return parsePlanFile(await readText(plan), plan);
  if (!yes) {
    throw new PurgeError('NOT_CONFIRMED', 'purge run asks on stdin, and with --plan - the plan is read from it', {
      isTerminal: true,
      remedy: 'Add --yes, or name a file. Nothing was deleted.',
    });
  }
  return parsePlanFile(await text(addAbortSignal(io.signal, io.stdin)), 'the plan on stdin');
}

/** The releases that may go at all: `namespace/name`. */
export function keysOf(given: GivenPlan, namespaces: readonly string[] | undefined): ReadonlySet<string> {
  return new Set(purgesWithin(given, namespaces).map(({ namespace, name }) => `${namespace}/${name}`));
}

/** What can be told before the cluster is asked. */
export function targetDifferences(given: GivenPlan, { client, settings }: PurgeSession): readonly PlanDifference[] {
  return differencesOfTarget(given, { policy: settings.policyName, context: client.context, server: client.server });
}

/** What a fresh plan, made with nothing but the given one's releases, says otherwise; and what it leaves alone. */
export function releaseDifferences(
  given: GivenPlan,
  fresh: PurgePlan,
  { namespaces, io }: { readonly namespaces: readonly string[] | undefined; readonly io: Pick<CommandIo, 'stderr'> },
): readonly PlanDifference[] {
  const others = fresh.entries.filter(({ rule }) => rule === 'not-in-plan');
  if (others.length > 0) {
    io.stderr.write(`${oneLine(leftAloneLine(others))}\n`);
  }
  return differencesOfReleases(purgesWithin(given, namespaces), fresh);
}

/** So many releases are named; the others are counted. */
const maxNamed = 20;

/** What is known of these is what their metadata says. Their content, which may keep them as well, is not read. */
export function leftAloneLine(others: readonly Pick<PlanEntry, 'namespace' | 'name'>[]): string {
  const names = others.slice(0, maxNamed).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = others.length > maxNamed ? ` and ${others.length - maxNamed} more` : '';
  const them = `${counted(others.length, 'release')} that no metadata keeps, whose content was not read`;
  return `not in the plan that was given, and left alone: ${them}: ${names.join(', ')}${more}`;
}

const columns: readonly Column<PlanDifference>[] = [
  { header: 'RELEASE', value: ({ what }) => what },
  { header: 'PLANNED', value: ({ planned }) => planned },
  { header: 'NOW', value: ({ now }) => now },
];

/** The differences as a table. */
export function differencesTable(differences: readonly PlanDifference[]): string {
  return formatTable(differences, columns);
}

/** Nothing where there is none; else prints them. @throws PurgeError `PLAN_STALE` */
export function refuseStale(
  differences: readonly PlanDifference[],
  { output, io }: { readonly output: OutputFormat; readonly io: CommandIo },
): void {
  if (differences.length === 0) return;
  writeOutput(io.stdout, output, {
    data: { apiVersion: 'velotio.com/v1alpha1', kind: 'PurgePlanDifferenceList', items: differences },
    table: () => differencesTable(differences),
  });
  throw new PurgeError('PLAN_STALE', `the plan no longer fits: ${counted(differences.length, 'difference')}`, {
    isTerminal: true,
    remedy: 'Nothing was deleted. Make a new plan with purge plan -o json, look at it, and run that.',
  });
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new PurgeError('PLAN_INVALID', `cannot read the plan ${file}: ${errorText(cause)}`, {
      cause,
      isTerminal: true,
      remedy: 'Name a readable file with what purge plan -o json printed, or - for stdin.',
    });
  }
}
