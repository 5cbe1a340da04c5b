// docs/benchmarks/operator.md: what was measured, beside what we promise.
import { totalRequests } from '../audit-log.ts';
import { table } from '../markdown.ts';
import { releasesPerNamespace } from '../site.ts';
import { cell } from '../statistics.ts';
import type { ClusterVersions } from '../versions.ts';
import type { OperatorFigures, RunFigures, SideFigures } from './figures.ts';
import type { OperatorBenchOptions } from './options.ts';
import { targetRows } from './targets.ts';

/** What was measured with. */
export interface Versions extends ClusterVersions {
  /** null where no other operator was named. */
  readonly peer: string | null;
}

/** What the page says besides the figures. */
export interface PageContext {
  readonly options: Pick<OperatorBenchOptions, 'sizes' | 'runs' | 'idleSeconds' | 'settleSeconds'>;
  readonly versions: Versions;
  readonly machine: string;
}

/** The page as Markdown; the plots are beside it. */
export function operatorPage(runs: readonly RunFigures[], context: PageContext): string {
  const { options, versions, machine } = context;
  const { sizes, idleSeconds } = options;
  const count = options.runs === 1 ? 'Measured once.' : `Median (min–max) of ${options.runs} runs.`;
  return `# What N resources cost, from install to deletion

\`${commandLine(options)}\` on ${machine}, with the control plane on the same cores. bookstore-operator ${versions.ours}, Kubernetes ${versions.kubernetes}, helm ${versions.helm}${
    versions.peer === null ? '' : `, helm-operator ${versions.peer}`
  }. ${count}

All sides are measured in one run, one after the other, on one cluster, in new namespaces of ${releasesPerNamespace} resources each, with ${options.settleSeconds} s between the steps. Compare ratios: seconds differ from machine to machine.

- **Bare API**: the objects that the chart renders (two Deployments and two Services a resource), created directly, as fast as the API server takes them. Nothing that makes these objects can be faster.
- **Ours**: the built program as its Deployment starts it (\`--leader-elect\`, four helm processes at once); BookStores are created in bulk.
- **helm-operator**: operator-sdk's, with the same \`watches.yaml\` and its own defaults${versions.peer === null ? '. It was not measured: `BENCH_HELM_OPERATOR` names its binary' : ''}.

${plot('install', 'Seconds until all pods run, over the number of resources')}

${plot('memory', 'Resident memory over the number of resources')}

## What we promise

${table(['', 'resources', 'promised', 'measured', ''], targetRows(runs))}

${sizes
  .map((n) =>
    section(
      runs.filter((run) => run.n === n),
      n,
    ),
  )
  .join('\n\n')}

${plot('delete', 'Seconds until nothing is left, over the number of resources')}

## How it is measured

- **Install**: from the first request until all pods run. **Ready** (\`Deployed\` for helm-operator): until every resource says so of its latest spec.
- **Update**: another image in all resources at once, until every release is at revision 2, each application runs in a new pod and no old one is left.
- **Delete**: all resources at once (for the bare API: all objects), until no resource, record, object or pod is left.
- **Idle**: ${idleSeconds} s with all resources there. Requests are counted in the API server's audit log: all but those of the control plane and of the benchmark. helm processes are counted by a shim in front of helm. CPU is that of the operator and of its helm processes.
- **Restart**: the process is ended and started again; in sync when each resource has been decided on, by its log (\`first look done\`).
- **Memory** is the resident set of the operator's process, without its helm processes: when nothing was there yet, after the idle time, and the most until then.
`;
}

function commandLine({ sizes, runs, idleSeconds, settleSeconds }: PageContext['options']): string {
  return [
    `npm run bench -- operator --n ${sizes.join(',')}`,
    ...(runs === 1 ? [] : [`--runs ${runs}`]),
    ...(idleSeconds === 60 ? [] : [`--idle-seconds ${idleSeconds}`]),
    ...(settleSeconds === 15 ? [] : [`--settle-seconds ${settleSeconds}`]),
  ].join(' ');
}

function plot(name: string, alternative: string): string {
  return `![${alternative}](operator-${name}.svg)`;
}

function section(runs: readonly RunFigures[], n: number): string {
  const hasPeer = runs.some(({ peer }) => peer !== null);
  const head = ['', 'bare API', 'ours', '÷ bare API', ...(hasPeer ? ['helm-operator', 'ours ÷ helm-operator'] : [])];
  const peerCells = (figure: (run: OperatorFigures) => number | null, digits: number): readonly string[] =>
    hasPeer
      ? [
          cell(
            runs.map(({ peer }) => peer && figure(peer)),
            digits,
          ),
          cell(
            runs.map(({ ours, peer }) => ratio(figure(ours), peer && figure(peer))),
            2,
          ),
        ]
      : [];
  const side = (name: string, figure: (side: SideFigures) => number): readonly string[] => [
    name,
    cell(
      runs.map(({ floor }) => figure(floor)),
      2,
    ),
    cell(
      runs.map(({ ours }) => figure(ours)),
      2,
    ),
    cell(
      runs.map(({ floor, ours }) => figure(ours) / figure(floor)),
      2,
    ),
    ...peerCells(figure, 2),
  ];
  const own = (name: string, figure: (side: OperatorFigures) => number | null, digits = 0): readonly string[] => [
    name,
    '',
    cell(
      runs.map(({ ours }) => figure(ours)),
      digits,
    ),
    '',
    ...peerCells(figure, digits),
  ];
  return `## ${n.toLocaleString('en-US')} resources

${table(head, [
  side('install, s', (each) => each.installSeconds),
  own('install until Ready, s', (each) => each.doneSeconds, 2),
  side('update, s', (each) => each.updateSeconds),
  side('delete, s', (each) => each.deleteSeconds),
  own('idle: helm processes', (each) => each.idle.helmProcesses),
  own('idle: requests', (each) => totalRequests(each.idle.requests)),
  own('idle: CPU-s', (each) => each.idle.cpuSeconds, 2),
  own('memory without resources, MB', (each) => each.memory.emptyMb),
  own('memory after the idle time, MB', (each) => each.memory.residentMb),
  own('memory above that without resources, MB', (each) => each.memory.residentMb - each.memory.emptyMb),
  own('memory at most, MB', (each) => each.memory.peakMb),
  own('restart: s until in sync', ({ restart }) => restart?.seconds ?? null, 2),
  own('restart: helm processes', ({ restart }) => restart?.helmProcesses ?? null),
  own('restart: memory, MB', ({ restart }) => restart?.residentMb ?? null),
])}

Requests of the idle time: ${agents(runs, ({ ours }) => ours)}${hasPeer ? `; beside it ${agents(runs, ({ peer }) => peer)}` : ''}.`;
}

/** Of the last run: who asked how often. */
function agents(runs: readonly RunFigures[], side: (run: RunFigures) => OperatorFigures | null): string {
  const last = runs.at(-1);
  const requests = Object.entries((last && side(last))?.idle.requests ?? {});
  return requests.length === 0 ? 'none' : requests.map(([agent, count]) => `${count} of \`${agent}\``).join(', ');
}

function ratio(mine: number | null, theirs: number | null): number | null {
  return mine === null || theirs === null || theirs === 0 ? null : mine / theirs;
}
