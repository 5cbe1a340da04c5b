// The bytes of a watch, decoded: one JSON event a line, an error event thrown as what it is.
import { ApiError, apiErrorFromStatus } from './errors.ts';
import type { KubeObject, ObjectMeta, StatusBody } from './objects.ts';

/** One event of a watch. A bookmark carries only a resourceVersion. */
export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

interface WireEvent {
  readonly type: unknown;
  readonly object: unknown;
}

const eventTypes: readonly unknown[] = [
  'ADDED',
  'MODIFIED',
  'DELETED',
  'BOOKMARK',
] satisfies WatchEvent<unknown>['type'][];

/**
 * Splits at line ends across chunk borders. A line that is cut at the end of the stream is dropped: the reflector goes on
 * from the last version it saw. @throws ApiError for an `ERROR` event (410 is `API_GONE`), for a cut connection, and for what is no
 * event (`API_BAD_ANSWER`): what it meant to say was missed.
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
  if (!eventTypes.includes(event.type)) {
    throw new ApiError(
      'API_BAD_ANSWER',
      `cannot ${what}: an event is of the unknown type ${JSON.stringify(event.type)}`,
    );
  }
  const metadata = (event.object as Partial<KubeObject>).metadata as Partial<ObjectMeta> | undefined | null;
  if (typeof metadata?.resourceVersion !== 'string' || metadata.resourceVersion === '') {
    throw new ApiError('API_BAD_ANSWER', `cannot ${what}: an event has no resourceVersion`);
  }
  if (event.type !== 'BOOKMARK' && (typeof metadata.name !== 'string' || metadata.name === '')) {
    throw new ApiError('API_BAD_ANSWER', `cannot ${what}: the object of an event has no name`);
  }
  return event as WatchEvent<T>;
}
