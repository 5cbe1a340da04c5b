// docs/benchmarks/purge.md: what was measured, beside what we promise.
import { totalRequests } from '../audit-log.ts';
import { table } from '../markdown.ts';
import { releasesPerNamespace } from '../site.ts';
import { cell } from '../statistics.ts';
import type { ClusterVersions } from '../versions.ts';
import {
  type PlanFigures,
  type RunFigures,
  rateOf,
  rateRatio,
  type SideFigures,
  type SideName,
  sideNames,
  withLatency,
} from './figures.ts';
import { limitSentence, limitTable, profileTable } from './limit-report.ts';
import type { PurgeBenchOptions } from './options.ts';
import { planSection } from './plan-section.ts';
import type { ProfileSeconds } from './profile-groups.ts';
import { sideTitles } from './side-titles.ts';
import { targetRows } from './targets.ts';
import { deletesAtOnce } from './uninstallers.ts';

/** What is shown. */
export interface PurgeFigures {
  readonly runs: readonly RunFigures[];
  /** null where no plan was measured. */
  readonly plan: PlanFigures | null;
  /** Of the largest number; null where no profile was taken. */
  readonly profile: ProfileSeconds | null;
}

/** What the page says besides the figures. */
export interface PageContext {
  readonly options: Pick<
    PurgeBenchOptions,
    'sizes' | 'runs' | 'planReleases' | 'settleSeconds' | 'isProfiled' | 'helmUpTo'
  >;
  /** `pruner` is null where none was named. */
  readonly versions: ClusterVersions & { readonly pruner: string | null };
  readonly machine: string;
  readonly cores: number;
}

/** The page as Markdown; the plots are beside it. */
export function purgePage(figures: PurgeFigures, context: PageContext): string {
  const { runs, plan } = figures;
  const { options, versions, machine } = context;
  const count = options.runs === 1 ? 'Measured once.' : `Median (min–max) of ${options.runs} runs.`;
  return `# What it takes to uninstall N releases

\`${commandLine(options)}\` on ${machine}, with the control plane on the same cores. bookstore-operator ${versions.ours}, Kubernetes ${versions.kubernetes}, helm ${versions.helm}${
    versions.pruner === null ? '' : `, helm-release-pruner ${versions.pruner}`
  }. ${count}

All sides are measured in one run, one after the other, on one cluster, in new namespaces of ${releasesPerNamespace} releases each, with ${options.settleSeconds} s between the steps. A release is the bundled chart's: two Deployments, two Services, one record. Compare ratios: seconds differ from machine to machine.

- **Serial helm**: \`helm uninstall NAME -n NS\`, one after the other.
- **8 × helm**: \`helm list -A -o json\`, then eight \`helm uninstall\` at a time.
- **Ours**: the built program, \`purge run -f policy.yaml --yes --driver helm|native\`, with the defaults but for the caps. The start of the program, the plan, the proof, the copy for the way back, the look right before each release, and the report are in it.
- **release-pruner**: Fairwinds' helm-release-pruner by age, without its pause between two releases${versions.pruner === null ? '. It was not measured: `BENCH_RELEASE_PRUNER` names its binary' : ''}.
- **Bare DELETEs**: what helm deletes, by name and ${deletesAtOnce} releases at a time, from a process that is warm, with nothing read, proved, copied or reported. What the control plane does with them is in every side: nothing can be faster.

![Releases uninstalled a second, over the number of releases](purge-rate.svg)

![The same with 20 ms of latency in front of the API server](purge-rate-20ms.svg)

## What we promise

${table(['', 'releases', 'promised', 'measured', ''], targetRows(runs, plan))}

${options.sizes.map((n) => sizeSection(withSize(runs, n), n)).join('\n\n')}

## The curve over N

${curve(runs)}

![Resident memory over the number of releases](purge-memory.svg)

## What limits it

${limits(figures, context)}

${plan === null ? '' : `${planSection(plan)}\n\n`}## How it is measured

- **Seconds**: from the start of the first process until no record, object or pod is left, and the processes have ended. Looking at the pods costs the API server one watch.
- **Latency**: a proxy in front of the API server holds every request for 20 ms; all sides go through it then. It runs in the benchmark's process, on the same cores.
- **Releases** are written directly by the API: objects and record as one real \`helm install\` left them, for every name and namespace. All pods run before anything is measured.
- **Requests** are counted in the API server's audit log: all but those of the control plane and of the benchmark.
- **CPU** is that of all processes that were started for it, by the kernel's account of ended children. **Memory** is resident, looked at every 25 ms: of the largest program and the largest helm the kernel's own peak.
`;
}

function commandLine(options: PageContext['options']): string {
  const { sizes, runs, planReleases, settleSeconds, isProfiled, helmUpTo } = options;
  return [
    `npm run bench -- purge --n ${sizes.join(',')}`,
    ...(runs === 1 ? [] : [`--runs ${runs}`]),
    ...(planReleases === 4_000 ? [] : [`--plan-n ${planReleases}`]),
    ...(settleSeconds === 15 ? [] : [`--settle-seconds ${settleSeconds}`]),
    ...(helmUpTo === Infinity ? [] : [`--helm-up-to ${helmUpTo}`]),
    ...(isProfiled ? ['--profile'] : []),
  ].join(' ');
}

function withSize(runs: readonly RunFigures[], n: number): readonly RunFigures[] {
  return runs.filter((run) => run.n === n);
}

function sizeSection(runs: readonly RunFigures[], n: number): string {
  const latencies = [...new Set(runs.map(({ latencyMs }) => latencyMs))];
  const tables = latencies.map((latencyMs) => {
    const title = latencyMs === 0 ? 'Without latency:' : `With ${latencyMs} ms of latency:`;
    return `${title}\n\n${sideTable(withLatency(runs, latencyMs))}`;
  });
  return `## ${n.toLocaleString('en-US')} releases\n\n${tables.join('\n\n')}`;
}

function sideTable(runs: readonly RunFigures[]): string {
  const measured = sideNames.filter((side) => runs.some(({ sides }) => sides[side] !== undefined));
  const figure = (side: SideName, read: (figures: SideFigures) => number | null, digits: number): string =>
    cell(
      runs.map(({ sides }) => {
        const figures = sides[side];
        return figures === undefined ? null : read(figures);
      }),
      digits,
    );
  const ratio = (side: SideName, other: SideName): string =>
    cell(
      runs.map((run) => rateRatio(run, side, other)),
      2,
    );
  return table(
    [
      '',
      's',
      'releases/s',
      '× serial',
      '× 8 helm',
      'requests',
      'CPU-s',
      'program, MB',
      'largest helm, MB',
      'all together, MB',
    ],
    measured.map((side) => [
      sideTitles[side],
      figure(side, ({ seconds }) => seconds, 2),
      cell(
        runs.map((run) => rateOf(run, side)),
        1,
      ),
      ratio(side, 'serial'),
      ratio(side, 'helm8'),
      figure(side, ({ requests }) => totalRequests(requests), 0),
      figure(side, ({ cost }) => cost.cpuSeconds, 2),
      figure(side, ({ cost }) => cost.programMb, 0),
      figure(side, ({ cost }) => cost.helmMb, 0),
      figure(side, ({ cost }) => cost.togetherMb, 0),
    ]),
  );
}

/** A bend would be a rate that falls as N grows. */
function curve(runs: readonly RunFigures[]): string {
  const sizes = [...new Set(runs.map(({ n }) => n))].toSorted((a, b) => a - b);
  const row = (title: string, latencyMs: number): readonly string[] => [
    title,
    ...sizes.map((n) =>
      cell(
        withLatency(withSize(runs, n), latencyMs).map((run) => rateOf(run, 'native')),
        1,
      ),
    ),
  ];
  const head = ['native, releases/s', ...sizes.map((n) => `N = ${n.toLocaleString('en-US')}`)];
  return table(head, [row('without latency', 0), row('with 20 ms', 20)]);
}

/** Of the last run with the largest number. */
function limits({ runs, profile }: PurgeFigures, { cores }: PageContext): string {
  const largest = withSize(runs, Math.max(...runs.map(({ n }) => n)));
  const examined = [0, 20].flatMap((latencyMs) => {
    const figures = withLatency(largest, latencyMs).at(-1)?.sides.native;
    return figures === undefined ? [] : [{ latencyMs, figures }];
  });
  const n = largest[0]?.n.toLocaleString('en-US');
  return `The native purge of ${n} releases. Shares are of ${cores} cores for as long as it took.

${limitTable(examined, cores)}

${examined.map((each) => limitSentence(each, cores)).join('\n\n')}

${
  profile === null
    ? 'No profile was taken: `--profile` purges the largest number once more, under a profiler.'
    : `Once more, without latency, under V8's profiler; the time of its main thread:\n\n${profileTable(profile)}`
}`;
}
