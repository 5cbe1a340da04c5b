// An operator as a process of its own, ours or the other one: started, waited for, measured, ended.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../src/local/ports.ts';
import type { TestCluster } from '../../test/support/test-context.ts';
import { BenchError } from '../bench-error.ts';
import { type ProcessFigures, processFigures } from '../process-figures.ts';
import { until } from '../until.ts';
import { type Contender, commandOf } from './contender.ts';

/** What it is started with. */
export interface StartOperatorOptions {
  readonly cluster: Pick<TestCluster, 'kubeconfig' | 'helm' | 'path' | 'testRoot'>;
  /** The namespace of our Lease. */
  readonly namespace: string;
  readonly signal: AbortSignal;
}

const readyMs = 60_000;
const stopMs = 15_000;
const root = join(import.meta.dirname, '..', '..');

/** A running operator. Dispose it: it is told to stop, and killed when it does not. */
export class OperatorProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #helmLog: string;
  readonly #log: string;
  readonly #exited: Promise<unknown>;
  /** Rejects when the process ends by itself, with its last words. */
  readonly died: Promise<never>;
  #isStopping = false;

  private constructor(child: ChildProcess, files: { readonly log: string; readonly helmLog: string }, who: string) {
    this.#child = child;
    this.#helmLog = files.helmLog;
    this.#log = files.log;
    this.#exited = once(child, 'close').catch(() => undefined);
    this.died = this.#watchOver(files.log, who);
    this.died.catch(() => undefined); // it may die while nobody waits for anything: whoever waits next is told
  }

  /** Resolves when its readiness probe says yes. @throws BenchError with its last words where it ends before */
  static async start(contender: Contender, options: StartOperatorOptions): Promise<OperatorProcess> {
    const { cluster, namespace, signal } = options;
    signal.throwIfAborted();
    const dir = await mkdtemp(join(cluster.testRoot, `${contender.side}-`));
    const [log, helmLog] = [join(dir, 'operator.log'), join(dir, 'helm.log')];
    const [probePort = 0] = await freePorts(1);
    const { file, args } = commandOf(contender, { watchesFile: join(root, 'watches.yaml'), probePort });
    const output = openSync(log, 'a');
    const child = spawn(file, args, {
      cwd: root, // the chart's path in watches.yaml is relative, for the other operator to this directory
      env: {
        PATH: cluster.path,
        HOME: dir,
        KUBECONFIG: cluster.kubeconfig,
        WATCH_NAMESPACE: '',
        POD_NAMESPACE: namespace,
        HELM_BIN: await writeHelmShim(dir, { helm: cluster.helm, helmLog }),
      },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const operator = new OperatorProcess(child, { log, helmLog }, contender.name);
    try {
      await until(`${contender.name} to be ready`, {
        signal,
        deadlineMs: readyMs,
        missing: async () => {
          const answer = await readiness(probePort);
          return contender.readyAnswer.test(answer) ? [] : [`a yes of /readyz, which says "${answer}"`];
        },
        failure: operator.died,
        pollMs: 100,
      });
      return operator;
    } catch (error) {
      await operator[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the operator alone, not of its helm. @throws where it is gone */
  figures(): ProcessFigures {
    return processFigures(this.#child.pid ?? 0);
  }

  /** Whether it has said so in its log. */
  async says(text: string): Promise<boolean> {
    return (await readFile(this.#log, 'utf8')).includes(text);
  }

  /** How many helm processes it has started, besides the one at its start that says its version. */
  async helmStarts(): Promise<number> {
    const verbs = (await readFile(this.#helmLog, 'utf8')).trimEnd().split('\n');
    return verbs.filter((verb) => verb !== '' && verb !== 'version').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), stopMs);
    await this.#exited;
    clearTimeout(kill);
  }

  async #watchOver(log: string, who: string): Promise<never> {
    const failed = Promise.withResolvers<never>();
    this.#child.once('error', (error) => failed.reject(new BenchError(`cannot start ${who}: ${error.message}`)));
    this.#child.once('close', (code, signal) => {
      if (this.#isStopping) return;
      readFile(log, 'utf8').then(
        (text) => failed.reject(new BenchError(`${who} ended by itself (${signal ?? code})${lastLines(text)}`)),
        (error: unknown) => failed.reject(error as Error),
      );
    });
    return failed.promise;
  }
}

function lastLines(log: string): string {
  const lines = log.trimEnd().split('\n').slice(-5);
  return log.trim() === '' ? ' and said nothing' : `; its last words:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

async function readiness(port: number): Promise<string> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(2_000) });
    return (await answer.text()).trim();
  } catch {
    return 'nothing'; // it does not listen yet
  }
}

/** In place of helm: notes each start, and becomes helm. */
async function writeHelmShim(
  dir: string,
  { helm, helmLog }: { readonly helm: string; readonly helmLog: string },
): Promise<string> {
  const shim = join(dir, 'helm');
  await writeFile(helmLog, '');
  await writeFile(shim, `#!/bin/sh\necho "$1" >> '${helmLog}'\nexec '${helm}' "$@"\n`);
  await chmod(shim, 0o755);
  return shim;
}
