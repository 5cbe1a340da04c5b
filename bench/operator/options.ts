// What `npm run bench -- operator` is told.
import { join } from 'node:path';
import { UsageError } from '../bench-error.ts';
import { optionValues, wholeNumber, wholeNumbers } from '../options.ts';

/** Options of the benchmark. */
export interface OperatorBenchOptions {
  /** Numbers of resources, ascending. Default 60, 200 and 1,000. */
  readonly sizes: readonly number[];
  /** How often everything is measured. Default 1. */
  readonly runs: number;
  /** How long is looked at while nothing happens. Default 60. */
  readonly idleSeconds: number;
  /** How long is waited between steps, until what they left to do is done. Default 15. */
  readonly settleSeconds: number;
  /** Where page and plots go. Default docs/benchmarks. */
  readonly outDir: string;
  /** `$BENCH_HELM_OPERATOR`: a binary of operator-sdk's helm-operator, to be measured as well. */
  readonly peer: string | undefined;
}

/** The command line, for the usage and for the page. */
export const operatorUsage =
  'operator [--n 60,200,1000] [--runs 1] [--idle-seconds 60] [--settle-seconds 15] [--out DIR]';

/**
 * Each resource has a Service of type LoadBalancer, which takes a node port, and a cluster has 2,768 of them.
 */
const maxResources = 2_500;

/** @throws UsageError */
export function parseOperatorOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): OperatorBenchOptions {
  const values = optionValues(args, ['n', 'runs', 'idle-seconds', 'settle-seconds', 'out']);
  const sizes = wholeNumbers('--n', values.n ?? '60,200,1000', { min: 1, max: maxResources });
  if (values.out === '') throw new UsageError('--out: no directory is named');
  return {
    sizes: [...new Set(sizes)].toSorted((a, b) => a - b),
    runs: wholeNumber('--runs', values.runs ?? '1', { min: 1, max: 99 }),
    idleSeconds: wholeNumber('--idle-seconds', values['idle-seconds'] ?? '60', { min: 1, max: 3_600 }),
    settleSeconds: wholeNumber('--settle-seconds', values['settle-seconds'] ?? '15', { min: 0, max: 600 }),
    outDir: values.out ?? join(import.meta.dirname, '..', '..', 'docs', 'benchmarks'),
    peer: env.BENCH_HELM_OPERATOR === '' ? undefined : env.BENCH_HELM_OPERATOR,
  };
}
