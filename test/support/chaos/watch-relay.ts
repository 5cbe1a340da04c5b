// One watch on its way through the proxy: line by line, so that events can be held, doubled, made up, or cut.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SeenRequest } from './fault.ts';
import { statusBody } from './fault.ts';
import type { FaultSet } from './fault-set.ts';

const newline = 0x0a;

/** Relays the events of one watch. */
export class WatchRelay {
  readonly request: SeenRequest;
  readonly #answer: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #faults: FaultSet;
  readonly #held: Buffer[] = [];
  /** Lines that are to come again after so many others. */
  #late: { readonly line: Buffer; left: number }[] = [];
  #rest: Buffer = Buffer.alloc(0);
  /** The cut that is being counted for, and the bytes that were sent since it was first seen. */
  #cutting: unknown;
  #sentBytes = 0;
  #isCut = false;
  #hasEnded = false;

  constructor(
    request: SeenRequest,
    streams: { readonly answer: IncomingMessage; readonly response: ServerResponse; readonly faults: FaultSet },
  ) {
    this.request = request;
    this.#answer = streams.answer;
    this.#response = streams.response;
    this.#faults = streams.faults;
  }

  /** Whether more can be sent: a watch that has ended may take a moment to go. */
  get isOpen(): boolean {
    return !this.#response.writableEnded && !this.#response.destroyed;
  }

  /** Resolves when the watch has ended, in whatever way. */
  async run(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#response.on('close', resolve);
    });
    this.#answer.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#answer.on('end', () => {
      this.#hasEnded = true;
      this.flush();
    });
    this.#answer.on('error', () => this.#response.destroy());
    this.#response.on('drain', () => this.#answer.resume());
    await closed;
  }

  /** An ERROR event out of nothing; the watch ends with it, as the API server does it. */
  sendError(status: { readonly code: number; readonly reason: string }): void {
    this.#response.end(`{"type":"ERROR","object":${statusBody(status)}}\n`);
  }

  /** Ends the watch as the API server does it when its time is over. */
  end(): void {
    this.#response.end();
  }

  /** Cuts the connection now. */
  cut(): void {
    this.#response.socket?.destroy();
  }

  /** Sends what was held, unless it still is to be. */
  flush(): void {
    if (this.#faults.find(this.request, 'stall') !== undefined) return;
    for (const line of this.#held.splice(0)) this.#send(line);
    if (this.#hasEnded && !this.#response.writableEnded) this.#response.end(this.#rest);
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (let end = this.#rest.indexOf(newline); end !== -1; end = this.#rest.indexOf(newline)) {
      this.#held.push(this.#rest.subarray(0, end + 1));
      this.#faults.strike(this.request, 'stall');
      this.#rest = this.#rest.subarray(end + 1);
    }
    this.flush();
  }

  #send(line: Buffer): void {
    const duplicate = this.#faults.strike(this.request, 'duplicate');
    this.#write(line);
    for (const each of this.#late) each.left -= 1;
    if (duplicate !== undefined) this.#late.push({ line, left: duplicate.afterEvents ?? 0 });
    const due = this.#late.filter(({ left }) => left <= 0);
    this.#late = this.#late.filter(({ left }) => left > 0);
    for (const each of due) this.#write(each.line);
  }

  #write(line: Buffer): void {
    if (this.#isCut || this.#response.destroyed || this.#response.writableEnded) return;
    const cut = this.#faults.find(this.request, 'cut');
    if (cut !== undefined && cut !== this.#cutting) {
      this.#cutting = cut;
      this.#sentBytes = 0;
    }
    this.#sentBytes += line.length;
    if (cut !== undefined && this.#sentBytes > cut.afterBytes) {
      this.#isCut = true;
      this.#faults.strike(this.request, 'cut');
      this.#response.write(line.subarray(0, line.length - (this.#sentBytes - cut.afterBytes)), () => this.cut());
      return;
    }
    if (!this.#response.write(line)) this.#answer.pause();
  }
}
