// Starting helm: the only place that spawns it. Bounded, timed, ended as a group, and never outliving its parent.

import { ExecaError, execa } from 'execa';
import pLimit, { type LimitFunction } from 'p-limit';
import { maxTimerMs } from '../lib/clock.ts';
import { classifyHelmFailure, HelmError, type HelmErrorCode } from './errors.ts';
import { NO_HOLDER, ownHolder } from './holder.ts';

/** How helm is started. */
export interface HelmOptions {
  /** The binary. Default `helm` on PATH. */
  readonly binary?: string;
  /** `--kubeconfig`; absent: helm's own rules, in a pod its service account. */
  readonly kubeconfig?: string | undefined;
  /** `--kube-context`. */
  readonly context?: string | undefined;
  /**
   * Environment of the process. `HELM_DRIVER` and debugging are overridden; what would lead helm to another cluster, user
   * or namespace than the flags say (`HELM_KUBE…`, `HELM_NAMESPACE`) is left out.
   */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** helm processes at once, over all users of this object. Default 4: more gain nothing on 2 cores, each holds 67 MB. */
  readonly maxProcesses?: number;
  /**
   * Asked right before each start. Where it throws, helm is not started and the call fails with that error: the fence of a
   * leader that may have lost its Lease.
   */
  readonly beforeStart?: () => void;
  /**
   * From TERM to KILL, in milliseconds. Default 10,000. Where a lost Lease ends helm, it must fit between the moment of the
   * loss and the earliest at which another may lead.
   */
  readonly graceMs?: number;
  /** Told about each call that was started and has ended, for metrics. */
  readonly observe?: (observation: HelmObservation) => void;
}

/** A call that has ended. */
export interface HelmObservation {
  /** helm's: `upgrade`, `rollback`, `uninstall`, … */
  readonly verb: string;
  readonly result: 'success' | HelmErrorCode;
  readonly durationMs: number;
}

/** One call. */
export interface HelmCall {
  /** What is done, for messages: `uninstall a/b`. */
  readonly what: string;
  /** Standard input: values, never in argv. */
  readonly input?: string;
  /** Ends the process group: TERM, then KILL after {@link HelmOptions.graceMs}. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Awaited right before the start where the call had to wait for others: what it was decided by may be old by then. Where it
   * throws, helm is not started and the call fails with that error.
   */
  readonly recheck?: (() => Promise<void>) | undefined;
  /** Told when the call has its turn: until then it waits for others. */
  readonly onTurn?: (() => void) | undefined;
}

/** What a successful call gave. */
export interface HelmResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** Helm gives up at its own `--timeout`; ours only ends one that does not. */
const defaultGraceMs = 10_000;
const maxOutputBytes = 4_000_000;

/** A configured helm. Safe to share: it bounds how many run at once. */
export class Helm {
  readonly #options: HelmOptions;
  readonly #limit: LimitFunction;
  #wrapper: Promise<readonly string[]> | undefined;

  constructor(options: HelmOptions) {
    this.#options = options;
    this.#limit = pLimit(options.maxProcesses ?? 4);
  }

  /** The binary's name or path, as configured. */
  get binary(): string {
    return this.#options.binary ?? 'helm';
  }

  /** How many run at most. */
  get maxProcesses(): number {
    return this.#limit.concurrency;
  }

  /** Processes running now. */
  get running(): number {
    return this.#limit.activeCount;
  }

  /**
   * Runs helm with `args` (and the connection's flags) once a slot is free; the timeout starts then.
   * @throws HelmError typed by what helm said; the signal's reason where it aborted before the start
   */
  run(args: readonly string[], call: HelmCall): Promise<HelmResult> {
    const mustWait = this.#limit.activeCount + this.#limit.pendingCount >= this.#limit.concurrency;
    return this.#limit(async () => {
      call.onTurn?.();
      if (mustWait) await call.recheck?.();
      return this.#start(args, call);
    });
  }

  /**
   * What to write beside a record, so that the helm that made it can be proved dead: this process, where helm dies with it;
   * {@link NO_HOLDER} elsewhere.
   */
  async holder(): Promise<string> {
    this.#wrapper ??= findWrapper(helmEnvironment(this.#options.env));
    return (await this.#wrapper).length > 0 || process.pid === 1 ? ownHolder() : NO_HOLDER;
  }

  async #start(args: readonly string[], call: HelmCall): Promise<HelmResult> {
    const env = helmEnvironment(this.#options.env);
    this.#wrapper ??= findWrapper(env);
    const [file, ...rest] = [...(await this.#wrapper), this.binary, ...args, ...this.#connectionFlags()];
    call.signal?.throwIfAborted(); // after the last await: from here on the listener below sees it
    this.#options.beforeStart?.();
    const child = execa(file ?? this.binary, rest, {
      env,
      extendEnv: false,
      ...(call.input === undefined ? { stdin: 'ignore' as const } : { input: call.input }),
      detached: true, // a process group of its own: Ctrl-C reaches us only, and a timeout ends exec plugins too
      reject: false,
      maxBuffer: maxOutputBytes,
      stripFinalNewline: true,
    });
    const ending = endGroupWhenDue(child.pid, { ...call, graceMs: this.#options.graceMs ?? defaultGraceMs });
    const result = await child.finally(ending.stop);
    const { durationMs } = result;
    const failure = result.exitCode === 0 ? undefined : this.#failure(result, { args, call, endedBy: ending.reason() });
    this.#options.observe?.({ verb: args[0] ?? '', result: failure?.code ?? 'success', durationMs });
    if (failure !== undefined) throw failure;
    return { stdout: result.stdout, stderr: result.stderr, durationMs };
  }

  #failure(
    result: { readonly exitCode?: number; readonly stderr?: unknown; readonly durationMs: number },
    context: {
      readonly args: readonly string[];
      readonly call: HelmCall;
      readonly endedBy: 'timeout' | 'signal' | undefined;
    },
  ): HelmError {
    const { args, call, endedBy } = context;
    const details = { args, durationMs: result.durationMs };
    if (result instanceof ExecaError && (result.code === 'ENOENT' || result.code === 'EACCES')) {
      return helmMissing(this.binary, result);
    }
    if (endedBy === 'timeout') {
      return new HelmError(
        'HELM_TIMEOUT',
        `cannot ${call.what}: helm did not end within ${Math.round(call.timeoutMs / 100) / 10} s`,
        { ...details, remedy: 'Give it more time (timeout, releaseTimeout), or look at what keeps it waiting.' },
      );
    }
    if (endedBy === 'signal')
      return new HelmError('HELM_CANCELLED', `cannot ${call.what}: helm was told to stop`, details);
    const stderr = typeof result.stderr === 'string' ? result.stderr : '';
    // setpriv reports a binary it cannot start with 126 or 127 and its own words.
    if ((result.exitCode === 127 || result.exitCode === 126) && stderr.startsWith('setpriv:')) {
      return helmMissing(this.binary, result);
    }
    return classifyHelmFailure(call.what, { stderr, exitCode: result.exitCode, args });
  }

  #connectionFlags(): string[] {
    const { kubeconfig, context } = this.#options;
    return [
      ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
      ...(context === undefined ? [] : [`--kube-context=${context}`]),
    ];
  }
}

function helmMissing(binary: string, cause: unknown): HelmError {
  return new HelmError('HELM_MISSING', `cannot start helm: "${binary}" is not there or not executable`, {
    cause,
    isTerminal: true,
    remedy: 'Install Helm 4 and put it on PATH, or name the binary with HELM_BIN.',
  });
}

/**
 * Go collects garbage whenever the heap has doubled; in a process of 0.2 s that begins with a few megabytes this takes a
 * sixth of the CPU. Done less often it costs 4 MB more, and a big chart is held to the limit. The environment wins.
 */
const goRuntime = { GOGC: '400', GOMEMLIMIT: '128MiB' } as const;

function helmEnvironment(base: HelmOptions['env']): NodeJS.ProcessEnv {
  const kept = Object.entries(base).filter(([name]) => !name.startsWith('HELM_KUBE') && name !== 'HELM_NAMESPACE');
  const own = { HELM_DRIVER: 'secret', HELM_DEBUG: 'false', HELM_BURST_LIMIT: '300' };
  return { ...goRuntime, ...Object.fromEntries(kept), ...own };
}

/**
 * A killed parent leaves helm running with the release locked (DESIGN.md O8). Where util-linux' setpriv is present the
 * kernel ends helm with us; in a pod we are PID 1, whose death ends all.
 */
async function findWrapper(env: NodeJS.ProcessEnv): Promise<readonly string[]> {
  if (process.platform !== 'linux' || process.pid === 1) return [];
  const args = ['--pdeathsig', 'KILL', '--'];
  const probe = await execa('setpriv', [...args, 'true'], { env, extendEnv: false, reject: false, stdio: 'ignore' });
  return probe.exitCode === 0 ? ['setpriv', ...args] : [];
}

function endGroupWhenDue(
  pid: number | undefined,
  call: HelmCall & { readonly graceMs: number },
): { readonly stop: () => void; readonly reason: () => 'timeout' | 'signal' | undefined } {
  let reason: 'timeout' | 'signal' | undefined;
  let killTimer: NodeJS.Timeout | undefined;
  const end = (why: 'timeout' | 'signal'): void => {
    if (reason !== undefined || pid === undefined) return;
    reason = why;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), call.graceMs);
  };
  const onAbort = (): void => end('signal');
  const timer = setTimeout(() => end('timeout'), Math.min(call.timeoutMs, maxTimerMs));
  call.signal?.addEventListener('abort', onAbort, { once: true });
  return {
    stop: () => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      call.signal?.removeEventListener('abort', onAbort);
      // helm itself is gone; what it started (exec plugins) may have ignored TERM
      if (reason !== undefined && pid !== undefined) signalGroup(pid, 'SIGKILL');
    },
    reason: () => reason,
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // the group is gone already
  }
}
