// Shows a purge at work on stderr: one line that is rewritten on a terminal, the outcomes above it as they come; elsewhere a
// plain line every ten seconds.
import type { PlanEntry } from '../purge/plan/plan.ts';
import type { ReleaseOutcome } from '../purge/record/report.ts';
import type { OutputStream } from './command.ts';
import { counted } from './output.ts';
import { estimateOf, type PurgeProgressState, progressLine } from './progress-line.ts';
import { outcomeLine } from './purge-text.ts';

/** What a display is made with. */
export interface PurgeProgressOptions {
  /** Releases to purge. */
  readonly total: number;
  /** A terminal that can only append, `TERM=dumb`: it gets the outcomes, and no line that is rewritten. Default false. */
  readonly isDumb?: boolean;
  readonly monotonic: () => number;
  /** Aborted: nothing more is started. */
  readonly signal?: AbortSignal;
  /** Aborted: what is in flight is ended too. */
  readonly forceSignal?: AbortSignal;
}

const redrawMs = 500;
/** In a log every line stays. */
const repeatMs = 10_000;
const eraseRest = '\u001B[K';
/** Terminals that do not tell their width, or tell 0. */
const usualColumns = 80;

/** A display on one stream; dispose it before anything else is written there for good. Nothing is coloured. */
export class PurgeProgress implements Disposable {
  readonly #stream: OutputStream;
  readonly #options: PurgeProgressOptions;
  readonly #style: 'rewritten' | 'appended' | 'plain';
  readonly #startedMs: number;
  readonly #timer: NodeJS.Timeout;
  readonly #over = new AbortController();
  readonly #inFlight = new Set<string>();
  readonly #endsMs: number[] = [];
  #failed = 0;
  #isStopping = false;
  #pausedAtMs: number | undefined;
  /** What stands in the terminal's last line. */
  #drawn = '';

  constructor(stream: OutputStream, options: PurgeProgressOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#style = stream.isTTY !== true ? 'plain' : options.isDumb === true ? 'appended' : 'rewritten';
    this.#startedMs = options.monotonic();
    this.#timer =
      this.#style === 'plain'
        ? setInterval(() => stream.write(`${progressLine(this.#state(), Number.POSITIVE_INFINITY)}\n`), repeatMs)
        : setInterval(() => this.#draw(), redrawMs);
    this.#draw();
    this.#onAbort(options.signal, () => this.#stop('interrupted', interruptedLine));
    this.#onAbort(options.forceSignal, () => this.#stop('interrupted again', endingLine));
  }

  /** A release begins to go. */
  begin(entry: PlanEntry): void {
    this.#inFlight.add(keyOf(entry));
    this.#draw();
  }

  /** A release has ended. Those that were not reached stand in the report alone. */
  end(outcome: ReleaseOutcome): void {
    this.#inFlight.delete(keyOf(outcome));
    if (outcome.result === 'not-started') {
      this.#isStopping = true;
      return;
    }
    this.#endsMs.push(this.#options.monotonic());
    if (outcome.result === 'failed') this.#failed += 1;
    if (this.#style === 'plain') return;
    this.#say(outcomeLine(outcome));
  }

  /** The API server asks for patience, or does no longer. */
  pause(isPaused: boolean): void {
    this.#pausedAtMs = isPaused ? this.#options.monotonic() : undefined;
    this.#draw();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    clearInterval(this.#timer);
    if (this.#drawn !== '') this.#stream.write(`\r${eraseRest}`);
    this.#drawn = '';
  }

  #onAbort(signal: AbortSignal | undefined, tell: () => void): void {
    if (signal?.aborted === true) tell();
    else signal?.addEventListener('abort', tell, { once: true, signal: this.#over.signal });
  }

  #stop(what: string, becomesOf: (inFlight: string) => string): void {
    this.#isStopping = true;
    const { size } = this.#inFlight;
    const then = size === 0 ? 'nothing is in flight, the report follows' : becomesOf(counted(size, 'release'));
    this.#say(`${what}: ${then}`);
  }

  /** A line that stays. */
  #say(line: string): void {
    if (this.#drawn === '') {
      this.#stream.write(`${line}\n`);
      this.#draw();
      return;
    }
    // in one write, so that no moment shows half of it
    this.#drawn = this.#line();
    this.#stream.write(`\r${eraseRest}${line}\n${this.#drawn}`);
  }

  #draw(): void {
    if (this.#style !== 'rewritten') return;
    const line = this.#line();
    if (line === this.#drawn) return;
    this.#stream.write(`\r${line}${eraseRest}`);
    this.#drawn = line;
  }

  #line(): string {
    const { columns = 0 } = this.#stream;
    return progressLine(this.#state(), columns === 0 ? usualColumns : columns);
  }

  #state(): PurgeProgressState {
    const { total, monotonic } = this.#options;
    const nowMs = monotonic();
    const done = this.#endsMs.length;
    return {
      total,
      done,
      failed: this.#failed,
      inFlight: this.#inFlight.size,
      isStopping: this.#isStopping,
      pausedMs: this.#pausedAtMs === undefined ? undefined : nowMs - this.#pausedAtMs,
      estimate: estimateOf({ startedMs: this.#startedMs, endsMs: this.#endsMs, left: total - done, nowMs }),
    };
  }
}

function interruptedLine(inFlight: string): string {
  return `${inFlight} in flight to be finished, nothing more is started; once more to end them now`;
}

function endingLine(inFlight: string): string {
  return `ending ${inFlight} in flight now`;
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
