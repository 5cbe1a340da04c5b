// What `npm run bench -- purge` is told.
import { join } from 'node:path';
import { UsageError } from '../bench-error.ts';
import { optionValues, wholeNumber, wholeNumbers } from '../options.ts';

/** Options of the benchmark. */
export interface PurgeBenchOptions {
  /** Numbers of releases, ascending. Default 60, 500 and 2,000. */
  readonly sizes: readonly number[];
  /** How often everything is measured. Default 1. */
  readonly runs: number;
  /** Releases that are planned, and listed by helm; 0: no plan is measured. Default 4,000. */
  readonly planReleases: number;
  /** How long is waited between steps, until what they left to do is done. Default 15. */
  readonly settleSeconds: number;
  /** Up to which number helm and release-pruner are measured as well: they take long. Default any. */
  readonly helmUpTo: number;
  /** Whether the largest number is purged natively once more, under a profiler. Default false. */
  readonly isProfiled: boolean;
  /** Where page and plots go. Default docs/benchmarks. */
  readonly outDir: string;
  /** `$BENCH_RELEASE_PRUNER`: a binary of Fairwinds' helm-release-pruner 4, to be measured as well. */
  readonly pruner: string | undefined;
}

/** The command line, for the usage and for the page. */
export const purgeUsage =
  'purge [--n 60,500,2000] [--runs 1] [--plan-n 4000] [--settle-seconds 15] [--helm-up-to N] [--profile] [--out DIR]';

/** Each release has a Service of type LoadBalancer, which takes a node port, and a cluster has 2,768 of them. */
const maxReleases = 2_500;

/** A record takes 22 kB of etcd, each release has five, and the quota is 2 GiB. */
const maxPlanned = 8_000;

/** @throws UsageError */
export function parsePurgeOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): PurgeBenchOptions {
  const values = optionValues(args, ['n', 'runs', 'plan-n', 'settle-seconds', 'helm-up-to', 'out'], ['profile']);
  const sizes = wholeNumbers('--n', values.n ?? '60,500,2000', { min: 1, max: maxReleases });
  if (values.out === '') throw new UsageError('--out: no directory is named');
  return {
    sizes: [...new Set(sizes)].toSorted((a, b) => a - b),
    runs: wholeNumber('--runs', values.runs ?? '1', { min: 1, max: 99 }),
    planReleases: wholeNumber('--plan-n', values['plan-n'] ?? '4000', { min: 0, max: maxPlanned }),
    settleSeconds: wholeNumber('--settle-seconds', values['settle-seconds'] ?? '15', { min: 0, max: 600 }),
    helmUpTo:
      values['helm-up-to'] === undefined
        ? Infinity
        : wholeNumber('--helm-up-to', values['helm-up-to'], { min: 0, max: maxReleases }),
    isProfiled: values.profile ?? false,
    outDir: values.out ?? join(import.meta.dirname, '..', '..', 'docs', 'benchmarks'),
    pruner: env.BENCH_RELEASE_PRUNER === '' ? undefined : env.BENCH_RELEASE_PRUNER,
  };
}
