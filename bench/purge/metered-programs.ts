// Programs that are run to be measured: the CPU that they and their children take, and the memory that they have.
import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { BenchError } from '../bench-error.ts';
import { processFigures } from '../process-figures.ts';

/** What is run. */
export interface Program {
  /** For messages. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether it is helm itself. Default: a program, whose children are helm. */
  readonly isHelm?: boolean;
  /** Ends it, and that is no failure. */
  readonly ending?: AbortSignal;
}

/** What all of them took together. */
export interface ProgramCost {
  /** With their children. */
  readonly cpuSeconds: number;
  /** Resident memory of the largest program at most; null where there was none but helm. */
  readonly programMb: number | null;
  /** Of the largest helm process; null where there was none. */
  readonly helmMb: number | null;
  /** Of all at one moment, at most. */
  readonly togetherMb: number;
}

/** A helm lives for some 150 ms, and the kernel remembers the peak of each process while it runs. */
const sampleMs = 25;

/** Begins to measure when it is made. Nobody else may have children of this process end meanwhile. Dispose it. */
export class MeteredPrograms implements Disposable {
  readonly #signal: AbortSignal;
  readonly #running = new Map<number, Program>();
  readonly #cpuBefore = endedChildrenCpu();
  readonly #timer = setInterval(() => this.#sample(), sampleMs);
  #programMb: number | null = null;
  #helmMb: number | null = null;
  #togetherMb = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** What it wrote to stdout. @throws BenchError with its last words where it fails */
  async run(program: Program): Promise<string> {
    const { file, args, env, ending } = program;
    const cancelSignal = ending === undefined ? this.#signal : AbortSignal.any([this.#signal, ending]);
    const running = execa(file, [...args], { env, extendEnv: false, cancelSignal, reject: false });
    const { pid } = running;
    if (pid !== undefined) this.#running.set(pid, program);
    try {
      const result = await running;
      this.#signal.throwIfAborted();
      if (result.failed && ending?.aborted !== true) throw failure(program, result);
      return result.stdout;
    } finally {
      if (pid !== undefined) this.#running.delete(pid);
    }
  }

  /** So far; of processes that have not ended, no CPU. */
  cost(): ProgramCost {
    return {
      cpuSeconds: endedChildrenCpu() - this.#cpuBefore,
      programMb: this.#programMb,
      helmMb: this.#helmMb,
      togetherMb: Math.max(this.#togetherMb, this.#programMb ?? 0, this.#helmMb ?? 0), // a peak may lie between two looks
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    let together = 0;
    for (const [pid, { isHelm = false }] of this.#running) {
      for (const { isRoot, peakMb, residentMb } of familyOf(pid)) {
        together += residentMb;
        if (isHelm || !isRoot) this.#helmMb = Math.max(this.#helmMb ?? 0, peakMb);
        else this.#programMb = Math.max(this.#programMb ?? 0, peakMb);
      }
    }
    this.#togetherMb = Math.max(this.#togetherMb, together);
  }
}

/** Of this process: the kernel adds what a child took, and its children, when it has ended. */
function endedChildrenCpu(): number {
  return processFigures(process.pid).childrenCpuSeconds;
}

interface Member {
  readonly isRoot: boolean;
  readonly peakMb: number;
  readonly residentMb: number;
}

/** A process and its children of any degree, as far as they still run. */
function familyOf(root: number): readonly Member[] {
  const members: Member[] = [];
  const pids = [root];
  for (let pid = pids.pop(); pid !== undefined; pid = pids.pop()) {
    try {
      const { peakResidentMb: peakMb, residentMb } = processFigures(pid);
      members.push({ isRoot: pid === root, peakMb, residentMb });
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      if (children !== '') pids.push(...children.split(' ').map(Number));
    } catch {
      // it has ended between two looks
    }
  }
  return members;
}

const lastWords = 5;

function failure(
  { name }: Program,
  result: { readonly stderr: string; readonly exitCode?: number | undefined; readonly signal?: string | undefined },
): BenchError {
  const said = result.stderr.trimEnd().split('\n').slice(-lastWords).join('\n  ');
  return new BenchError(`${name} failed (${result.signal ?? result.exitCode ?? 'not started'}):\n  ${said}`);
}
