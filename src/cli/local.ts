// `bookstore-operator local up | down | status | kubeconfig`: a cluster of plain processes on this machine.
import { type Command, Option } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { shellWord } from '../lib/shell-word.ts';
import { clusterPaths } from '../local/cluster-paths.ts';
import { down } from '../local/down.ts';
import type { LocalContext } from '../local/local-environment.ts';
import { LocalClusterError } from '../local/local-error.ts';
import { status } from '../local/status.ts';
import { findTools } from '../local/tools.ts';
import { type LocalCluster, up } from '../local/up.ts';
import type { CommandHost, CommandIo } from './command.ts';
import { ExitCode } from './exit-code.ts';
import { localContext, localEnvironment } from './local-environment.ts';
import { LocalProgressDisplay } from './local-progress.ts';
import { formatStatus } from './local-status.ts';
import { wholeNumber } from './parse-options.ts';

/** Options of `local up`. */
export interface LocalUpOptions {
  readonly name: string;
  readonly nodes?: number;
  readonly port?: number;
}

/** Adds `local` and its sub-commands to the program. */
export function addLocalCommand({ parent, io, complete }: CommandHost): void {
  const local = parent.command('local').description('a Kubernetes cluster of plain processes on this machine');
  named(local, 'up')
    .description('start the cluster, or what died of it; prints the lines that make a shell use it')
    .option('--nodes <count>', 'nodes, played by kwok (default: 3, or those it has)', wholeNumber(1, 500))
    .option('--port <port>', 'port of the API server (default: a free one, or the one it has)', wholeNumber(1, 65_535))
    .action((options: LocalUpOptions) => complete(runLocalUp(options, io)));
  named(local, 'down')
    .description('stop the cluster and remove all that it was')
    .action((options: { name: string }) => complete(runLocalDown(options, io)));
  named(local, 'status')
    .description('show the cluster; exit code 1 unless it runs')
    .addOption(new Option('-o, --output <format>', 'table or json').choices(['table', 'json']).default('table'))
    .action((options: { name: string; output: 'table' | 'json' }) => complete(runLocalStatus(options, io)));
  named(local, 'kubeconfig')
    .description('print the path of the kubeconfig')
    .action((options: { name: string }) => complete(runLocalKubeconfig(options, io)));
}

function named(local: Command, verb: string): Command {
  return local.command(verb).option('--name <name>', 'name of the cluster', 'default');
}

/** Brings the cluster up and finds helm and kubectl; stdout gets lines for a shell: `eval "$(… local up)"`. */
export async function runLocalUp(options: LocalUpOptions, io: CommandIo): Promise<ExitCode> {
  const startedAt = systemClock.monotonic();
  using display = new LocalProgressDisplay(io.stderr, { monotonic: () => systemClock.monotonic() });
  const context = localContext(io, (event) => display.show(event));
  let cluster: LocalCluster | undefined;
  try {
    cluster = await up({ ...options, now: new Date(systemClock.now()) }, context);
    const binDirs = await toolDirs(context);
    display[Symbol.dispose]();
    const seconds = ((systemClock.monotonic() - startedAt) / 1000).toFixed(1);
    io.stderr.write(`${outcomeLine(cluster)} (${seconds} s): ${cluster.server}\nTo use it:\n`);
    io.stdout.write(`export KUBECONFIG=${shellWord(cluster.kubeconfig)}\n`);
    if (binDirs.length > 0) io.stdout.write(`export PATH=${binDirs.map(shellWord).join(':')}:"$PATH"\n`);
    return ExitCode.done;
  } catch (error) {
    if (!io.signal.aborted) throw error;
    display[Symbol.dispose]();
    if (cluster?.outcome === 'started') await down(options, { ...context, signal: new AbortController().signal });
    io.stderr.write(`interrupted: what was begun for the cluster ${options.name} is undone\n`);
    return ExitCode.interrupted;
  }
}

/** What has to come first on PATH for helm and kubectl. A cluster without them is of use too: that is said, no more. */
async function toolDirs(context: LocalContext): Promise<readonly string[]> {
  try {
    const { helm, kubectl } = await findTools(context);
    return [...new Set([helm.binDir, kubectl.binDir])].filter((dir) => dir !== undefined);
  } catch (error) {
    if (!(error instanceof LocalClusterError)) throw error;
    context.report({ kind: 'note', message: `helm and kubectl: ${error.message}\n  → ${error.remedy ?? ''}` });
    return [];
  }
}

function outcomeLine({ name, outcome }: LocalCluster): string {
  switch (outcome) {
    case 'started':
      return `the cluster ${name} is up`;
    case 'repaired':
      return `the cluster ${name} is complete again`;
    case 'running':
      return `the cluster ${name} is running already`;
  }
}

/** Takes the cluster down; one that is not there is fine. */
export async function runLocalDown(options: { readonly name: string }, io: CommandIo): Promise<ExitCode> {
  const context = localContext(io, (event) => {
    if (event.kind === 'note') io.stderr.write(`${event.message}\n`);
  });
  const outcome = await down(options, context);
  io.stderr.write(
    outcome === 'stopped' ? `the cluster ${options.name} is down\n` : `there is no cluster ${options.name}\n`,
  );
  return ExitCode.done;
}

/** Prints what is known of the cluster. */
export async function runLocalStatus(
  options: { readonly name: string; readonly output: 'table' | 'json' },
  io: CommandIo,
): Promise<ExitCode> {
  const found = await status(options, { environment: localEnvironment(io.config) });
  io.stdout.write(options.output === 'json' ? `${JSON.stringify(found, undefined, 2)}\n` : formatStatus(found));
  return found.phase === 'Running' ? ExitCode.done : ExitCode.someFailed;
}

/** Prints the kubeconfig's path, for `KUBECONFIG=$(… local kubeconfig)`. */
export async function runLocalKubeconfig(options: { readonly name: string }, io: CommandIo): Promise<ExitCode> {
  const environment = localEnvironment(io.config);
  const found = await status(options, { environment });
  if (found.phase === 'Absent') {
    throw new LocalClusterError('LOCAL_NOT_RUNNING', `there is no local cluster ${options.name}`, {
      remedy: `Start it: bookstore-operator local up --name ${options.name}`,
    });
  }
  io.stdout.write(`${clusterPaths(environment.stateHome, options.name).kubeconfig}\n`);
  return ExitCode.done;
}
