// The operator as a process that is killed again and again, and a helm that cannot be started twice for one release unnoticed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { testCluster } from './test-context.ts';

/** Options of {@link MortalOperator.prepare}. */
export interface MortalOperatorOptions {
  /** A directory for its files. */
  readonly directory: string;
  readonly namespace: string;
  /** Fields of the one watch entry, besides kind and chart. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

/**
 * One operator after another, each a process of the built program. Its helm takes a lock for the release and holds it until it
 * ends (the lock lies in an open file, which dies with the process): a second helm on a release is written down.
 */
export class MortalOperator {
  readonly #directory: string;
  readonly #namespace: string;
  #child: ChildProcess | undefined;
  /** How many were started. */
  lives = 0;

  private constructor(options: MortalOperatorOptions) {
    this.#directory = options.directory;
    this.#namespace = options.namespace;
  }

  static async prepare(options: MortalOperatorOptions): Promise<MortalOperator> {
    const { directory, entry = {} } = options;
    await mkdir(join(directory, 'locks'), { recursive: true });
    const watches = [
      { group: 'velotio.com', version: 'v1alpha1', kind: 'BookStore', chart: resolve('charts/bookstore'), ...entry },
    ];
    await writeFile(join(directory, 'watches.yaml'), stringify(watches));
    const shim = join(directory, 'helm');
    await writeFile(
      shim,
      `#!/bin/sh
# argv: VERB [flags] NAME …; what asks nothing of a release takes no lock
case "$1" in
  upgrade) name=$3 ;;
  install|rollback|uninstall) name=$2 ;;
  *) exec ${testCluster().helm} "$@" ;;
esac
echo "$1 $name $$" >> ${directory}/calls
exec 9>${directory}/locks/$name
flock -n 9 || echo "$1 $name $$: another helm works on it" >> ${directory}/violations
exec ${testCluster().helm} "$@"
`,
    );
    await chmod(shim, 0o755);
    return new MortalOperator(options);
  }

  /** Starts one. */
  start(): void {
    const { kubeconfig, path } = testCluster();
    this.lives += 1;
    this.#child = spawn(
      process.execPath,
      [
        resolve('dist/main.js'),
        'run',
        '--health-probe-bind-address=0',
        `--watches-file=${join(this.#directory, 'watches.yaml')}`,
      ],
      {
        env: {
          PATH: path,
          HOME: this.#directory,
          KUBECONFIG: kubeconfig,
          WATCH_NAMESPACE: this.#namespace,
          HELM_BIN: join(this.#directory, 'helm'),
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    const log = join(this.#directory, `operator-${this.lives}.log`);
    this.#child.stderr?.on('data', (chunk: Buffer) => appendFileSync(log, chunk));
  }

  /** Whether the present one has said this. */
  says(text: string): boolean {
    const log = join(this.#directory, `operator-${this.lives}.log`);
    return existsSync(log) && readFileSync(log, 'utf8').includes(text);
  }

  /** Ends the present one, and waits for its end. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** helm calls that changed a release. */
  get helmCalls(): number {
    return this.#linesOf('calls').length;
  }

  /** Two helms at once on one release: one line each. */
  get violations(): readonly string[] {
    return this.#linesOf('violations');
  }

  #linesOf(file: string): readonly string[] {
    const path = join(this.#directory, file);
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
  }
}
