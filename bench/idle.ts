// What the operator costs while nothing happens: import, memory, CPU and requests of a minute, for several numbers of resources.
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { ChaosProxy } from '../test/support/chaos-proxy.ts';
import { startTestCluster } from '../test/support/local-cluster.ts';
import { machine, table, writePage } from './markdown.ts';
import { optionValues, wholeNumber, wholeNumbers } from './options.ts';
import { type ProcessFigures, processFigures } from './process-figures.ts';
import { spread } from './statistics.ts';

/** Options of {@link benchIdle}. */
export interface IdleOptions {
  /** Numbers of BookStores. Default 0 and 60. */
  readonly sizes: readonly number[];
  /** How long is measured. Default 60. */
  readonly seconds: number;
}

interface IdleFigures {
  readonly size: number;
  readonly requests: number;
  readonly byVerb: string;
  readonly helmProcesses: number;
  readonly cpuSeconds: number;
  readonly figures: ProcessFigures;
}

/** The command line, for the usage. */
export const idleUsage = 'idle [--n 0,60] [--seconds 60]';

/** @throws UsageError */
export function parseIdleOptions(args: readonly string[]): IdleOptions {
  const values = optionValues(args, ['n', 'seconds']);
  return {
    sizes: wholeNumbers('--n', values.n ?? '0,60', { min: 0, max: 2_500 }),
    seconds: wholeNumber('--seconds', values.seconds ?? '60', { min: 1, max: 3_600 }),
  };
}

const main = join(import.meta.dirname, '..', 'dist', 'main.js');
const namespace = 'bench-idle';

/** Measures, prints and writes the page; gives back what goes onto the last line. */
export async function benchIdle(
  options: IdleOptions,
  context: { readonly signal: AbortSignal; readonly say: (text: string) => void },
): Promise<Record<string, number>> {
  const { signal, say } = context;
  const starts = await startFigures();
  const { cluster, stop } = await startTestCluster({ signal, report: () => undefined });
  const rows: IdleFigures[] = [];
  try {
    const kubectl = (args: readonly string[], input?: string) =>
      execa(cluster.kubectl, [...args], {
        env: { KUBECONFIG: cluster.kubeconfig },
        cancelSignal: signal,
        ...(input === undefined ? {} : { input }),
      });
    await kubectl(['apply', '--server-side', '-f', 'deploy/crds']);
    await kubectl(['wait', '--for=condition=Established', 'crd/bookstores.velotio.com', '--timeout=60s']);
    await kubectl(['create', 'namespace', namespace]);
    for (const size of options.sizes) {
      const resources = Array.from({ length: size }, (_, index) => ({
        apiVersion: 'velotio.com/v1alpha1',
        kind: 'BookStore',
        metadata: { name: `shop-${index}`, namespace },
        spec: {},
      }));
      if (size > 0) {
        await kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: resources }));
      }
      rows.push(await measure({ size, seconds: options.seconds, cluster, kubectl, signal }));
      say(`${size} resources: ${rows.at(-1)?.requests} requests, ${rows.at(-1)?.cpuSeconds} CPU-s`);
    }
  } finally {
    await stop();
  }
  say(`wrote ${writePage('idle', page(options, { starts, rows }))}`);
  const last = rows.at(-1);
  return {
    n: last?.size ?? 0,
    idleHelmProcesses: last?.helmProcesses ?? 0,
    idleRequests: last?.requests ?? 0,
    idleCpuSeconds: last?.cpuSeconds ?? 0,
    residentMb: Math.round(last?.figures.residentMb ?? 0),
  };
}

type Kubectl = (args: readonly string[], input?: string) => Promise<unknown>;

async function measure(context: {
  readonly size: number;
  readonly seconds: number;
  readonly cluster: {
    readonly kubeconfig: string;
    readonly helm: string;
    readonly path: string;
    readonly testRoot: string;
  };
  readonly kubectl: Kubectl;
  readonly signal: AbortSignal;
}): Promise<IdleFigures> {
  const { size, seconds, cluster, kubectl, signal } = context;
  await using proxy = await ChaosProxy.start({ kubeconfig: cluster.kubeconfig });
  const dir = await mkdtemp(join(cluster.testRoot, 'idle-'));
  const audit = join(dir, 'helm.log');
  await writeFile(audit, '');
  const helm = join(dir, 'helm');
  await writeFile(helm, `#!/bin/sh\necho "$1" >> ${audit}\nexec ${cluster.helm} "$@"\n`);
  await chmod(helm, 0o755);
  const operator = spawn(
    process.execPath,
    [
      main,
      'run',
      '--kubeconfig',
      proxy.kubeconfig,
      '--health-probe-bind-address=0',
      '--log-level=warn',
      '--leader-elect',
    ],
    {
      env: { PATH: cluster.path, HOME: dir, HELM_BIN: helm, POD_NAMESPACE: namespace },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const { pid } = operator;
  if (pid === undefined) throw new Error('the operator did not start');
  try {
    if (size > 0) {
      await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'bookstores', '--all', '--timeout=600s']);
    }
    await delay(15_000, undefined, { signal }); // what the start and the roll-out left to do
    const [sinceMs, before] = [performance.now(), processFigures(pid)];
    const helmBefore = await helmCalls(audit);
    await delay(seconds * 1000, undefined, { signal });
    const figures = processFigures(pid);
    const own = proxy.log.list({ sinceMs }).filter(({ userAgent }) => userAgent.startsWith('bookstore-operator'));
    const byVerb: Record<string, number> = {};
    for (const { method, path, isWatch } of own) {
      const what = `${isWatch ? 'WATCH' : method} ${path.split('/').at(-1)?.startsWith('bookstore') ? 'lease' : path.split('/').at(-1)}`;
      byVerb[what] = (byVerb[what] ?? 0) + 1;
    }
    return {
      size,
      requests: own.length,
      byVerb: Object.entries(byVerb)
        .map(([what, count]) => `${count} × ${what}`)
        .join(', '),
      helmProcesses: (await helmCalls(audit)) - helmBefore,
      cpuSeconds: Number((figures.cpuSeconds - before.cpuSeconds).toFixed(2)),
      figures,
    };
  } finally {
    const gone = new Promise((resolve) => operator.once('exit', resolve));
    operator.kill('SIGTERM');
    await gone;
  }
}

async function helmCalls(audit: string): Promise<number> {
  return (await readFile(audit, 'utf8')).split('\n').length - 1;
}

interface StartFigures {
  readonly what: string;
  /** Wall seconds of each run. */
  readonly seconds: readonly number[];
  readonly peakMb: number;
}

/** Has a process say its peak resident memory when it ends, in KiB. */
const tellPeak =
  'data:text/javascript,process.on("exit",()=>process.stderr.write(String(process.resourceUsage().maxRSS)))';

/** What a start costs: node alone, our `--version`, and the import that opening a connection needs. */
async function startFigures(): Promise<readonly StartFigures[]> {
  const starts = [
    { what: 'node -e ""', args: ['-e', ''] },
    { what: 'bookstore-operator --version', args: [main, '--version'] },
    {
      what: 'import of the API client',
      args: ['--input-type=module', '-e', 'await import("./dist/client-node.js")'],
    },
  ];
  const cwd = join(import.meta.dirname, '..');
  const seconds = starts.map((): number[] => []);
  for (let run = 0; run < 7; run += 1) {
    for (const [place, { args }] of starts.entries()) {
      const { durationMs } = await execa(process.execPath, args, { cwd });
      if (run > 0) seconds[place]?.push(durationMs / 1000); // the first one fills the page cache
    }
  }
  return Promise.all(
    starts.map(async ({ what, args }, place) => {
      const { stderr } = await execa(process.execPath, ['--import', tellPeak, ...args], { cwd });
      return { what, seconds: seconds[place] ?? [], peakMb: Number(stderr) / 1024 };
    }),
  );
}

function page(
  options: IdleOptions,
  figures: { readonly starts: readonly StartFigures[]; readonly rows: readonly IdleFigures[] },
): string {
  return `# The operator while nothing happens

\`npm run bench -- idle --n ${options.sizes.join(',')} --seconds ${options.seconds}\` on ${machine()}, with the control plane on the same cores.

## Starting

Wall seconds, median (min–max) of six runs, and peak resident memory.

${table(
  ['', 'seconds', 'peak MB'],
  figures.starts.map(({ what, seconds, peakMb }) => [what, spread(seconds), peakMb.toFixed(0)]),
)}

## ${options.seconds} idle seconds

One replica with \`--leader-elect\`; requests are counted by a proxy in front of the API server, by user agent; helm processes by a shim in front of helm. Memory is the resident set after that time.

${table(
  ['BookStores', 'requests', 'of which', 'helm processes', 'CPU-s', 'resident MB', 'peak MB'],
  figures.rows.map((row) => [
    String(row.size),
    String(row.requests),
    row.byVerb,
    String(row.helmProcesses),
    row.cpuSeconds.toFixed(2),
    row.figures.residentMb.toFixed(0),
    row.figures.peakResidentMb.toFixed(0),
  ]),
)}
`;
}
