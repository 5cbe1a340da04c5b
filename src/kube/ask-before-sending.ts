// A question asked at the last moment before a request leaves the process.
import type { Dispatcher } from 'undici';

type Handler = Dispatcher.DispatchHandler;

/**
 * The same sockets; `ask` is called when a socket is free and open and the first byte is written next, in the same turn of
 * the event loop. A request may have waited long for that moment: for a connection, or in a process that was stopped.
 * When `ask` throws, nothing is sent and the request fails with its error.
 */
export function askingBeforeSending(dispatcher: Dispatcher, ask: () => void): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => dispatch(options, asking(handler, ask)));
}

function asking(handler: Handler, ask: () => void): Handler {
  return {
    onRequestStart: (controller, context) => {
      ask();
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
    onResponseStart: (...args) => handler.onResponseStart?.(...args),
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  };
}
