// The bytes of a watch, decoded: one JSON event a line, an error event thrown as what it is.
import { ApiError, apiErrorFromStatus } from './errors.ts';
import type { KubeObject, StatusBody } from './objects.ts';

/** One event of a watch. A bookmark carries only a resourceVersion. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

interface WireEvent {
  readonly type: WatchEvent<unknown>['type'] | 'ERROR';
  readonly object: unknown;
}

/**
 * Splits at line ends across chunk borders. A line that is cut at the end of the stream is dropped: the reflector goes on
 * from the last version it saw. @throws ApiError for an `ERROR` event (410 is `API_GONE`) and for a cut connection.
 */
export async function* decodeWatch<T extends KubeObject>(
  bytes: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of bytes) {
      rest += decoder.decode(chunk, { stream: true });
      let end = rest.indexOf('\n');
      while (end !== -1) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        if (line.trim() !== '') yield parseLine<T>(line, what);
        end = rest.indexOf('\n');
      }
    }
  } catch (cause) {
    if (cause instanceof ApiError || (cause instanceof Error && cause.name === 'AbortError')) throw cause;
    throw new ApiError('API_UNREACHABLE', `cannot ${what}: the connection was lost`, { cause });
  }
}

function parseLine<T extends KubeObject>(line: string, what: string): WatchEvent<T> {
  let event: Partial<WireEvent> | null;
  try {
    event = JSON.parse(line) as Partial<WireEvent> | null;
  } catch (cause) {
    throw new ApiError('API_BAD_ANSWER', `cannot ${what}: a line of the answer is not JSON`, { cause });
  }
  if (event?.type === undefined || typeof event.object !== 'object' || event.object === null) {
    throw new ApiError('API_BAD_ANSWER', `cannot ${what}: a line of the answer is no event`);
  }
  if (event.type === 'ERROR') {
    const body = event.object as StatusBody;
    throw apiErrorFromStatus(what, { status: body.code ?? 500, body });
  }
  const { metadata } = event.object as Partial<KubeObject>;
  if (typeof metadata?.resourceVersion !== 'string' || metadata.resourceVersion === '') {
    throw new ApiError('API_BAD_ANSWER', `cannot ${what}: an event has no resourceVersion`);
  }
  return event as WatchEvent<T>;
}
