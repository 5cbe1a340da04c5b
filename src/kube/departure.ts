// The moment in which a request leaves the process: what is asked right before it, and who may still stop it.
import type { Dispatcher } from 'undici';

type Handler = Dispatcher.DispatchHandler;

/** The departure of one request. It may wait long for it: for a connection, or in a process that was stopped. */
export class Departure {
  /** The same sockets; to be used for this one request. */
  readonly dispatcher: Dispatcher;
  readonly #ask: (() => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #hasLeft = false;
  #reason: Error | undefined;
  #refusal: Error | undefined;

  /**
   * @param ask called when a socket is free and open and the first byte is written next, in the same turn of the event loop.
   * When it throws, nothing is sent and the request fails with its error.
   */
  constructor(sockets: Dispatcher, ask?: () => void) {
    this.#ask = ask;
    this.dispatcher = sockets.compose((dispatch) => (options, handler) => dispatch(options, this.#wrap(handler)));
  }

  /** Whether anything may have been sent. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  /** What the question threw; undefined where nothing was refused. */
  get refusal(): Error | undefined {
    return this.#refusal;
  }

  /** Ends the request with this error: on its way its socket is closed, before that nothing is sent. */
  abandon<E extends Error>(reason: E): E {
    this.#reason ??= reason;
    this.#controller?.abort(reason);
    return reason;
  }

  #askLast(): void {
    try {
      this.#ask?.();
    } catch (error) {
      this.#refusal = error as Error;
      throw error;
    }
  }

  #wrap(handler: Handler): Handler {
    return {
      onRequestStart: (controller, context) => {
        if (this.#reason !== undefined) throw this.#reason;
        this.#askLast();
        this.#hasLeft = true;
        this.#controller = controller;
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
      onResponseStart: (...args) => handler.onResponseStart?.(...args),
      onResponseData: (...args) => handler.onResponseData?.(...args),
      onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
      onResponseError: (...args) => handler.onResponseError?.(...args),
    };
  }
}
