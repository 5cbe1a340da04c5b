// Shows what the launcher of the local cluster does: one line that is rewritten on a terminal; elsewhere a line a step, and
// another each time that a step goes on for long.
import type { LocalEvent, LocalProgress } from '../local/local-event.ts';
import type { OutputStream } from './command.ts';

const refreshMs = 1_000;
/** Off a terminal every line stays: enough of them to see that the build lives, few enough to read the log. */
const repeatMs = 20_000;
const eraseLine = '\r\u001B[2K';

/** A display on one stream; dispose it before anything else is written there for good. */
export class LocalProgressDisplay implements Disposable {
  readonly #stream: OutputStream;
  readonly #monotonic: () => number;
  #current: LocalProgress | undefined;
  #reportedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: OutputStream, options: { readonly monotonic: () => number }) {
    this.#stream = stream;
    this.#monotonic = options.monotonic;
  }

  /** Takes an event of the launcher. */
  show(event: LocalEvent): void {
    if (event.kind === 'note') {
      this.#erase();
      this.#stream.write(`${event.message}\n`);
      this.#draw();
      return;
    }
    if (event.kind === 'progress-end') {
      this[Symbol.dispose]();
      return;
    }
    const isNewStep = event.index !== this.#current?.index;
    this.#current = event;
    this.#reportedAt = this.#monotonic();
    if (this.#stream.isTTY !== true) {
      if (!isNewStep) return;
      this.#stream.write(`${progressLine(event)}\n`);
      clearInterval(this.#timer);
      this.#timer = setInterval(() => this.#stream.write(`${this.#line()}\n`), repeatMs);
      return;
    }
    // Links and slow packages report nothing for a while: the seconds go on.
    this.#timer ??= setInterval(() => this.#draw(), refreshMs);
    this.#draw();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
    this.#current = undefined;
  }

  #draw(): void {
    if (this.#current === undefined || this.#stream.isTTY !== true) return;
    this.#stream.write(`${eraseLine}${this.#line().slice(0, (this.#stream.columns ?? 80) - 1)}`);
  }

  /** Of now: the last report plus the time since. */
  #line(): string {
    if (this.#current === undefined) return '';
    const elapsedMs = this.#current.elapsedMs + this.#monotonic() - this.#reportedAt;
    return progressLine({ ...this.#current, elapsedMs });
  }

  #erase(): void {
    if (this.#current !== undefined && this.#stream.isTTY === true) this.#stream.write(eraseLine);
  }
}

/** `[2/6] compiling kwok: 120 of 900 packages, 1 min 5 s`. */
export function progressLine(progress: LocalProgress): string {
  const { index, count, step, done, total, elapsedMs } = progress;
  const amount = total === undefined ? (done === 0 ? '' : `: ${done} downloaded`) : `: ${done} of ${total} packages`;
  return `[${index}/${count}] ${step}${amount}, ${formatElapsed(elapsedMs)}`;
}

/** `4 s`, `1 min 5 s`. */
export function formatElapsed(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
