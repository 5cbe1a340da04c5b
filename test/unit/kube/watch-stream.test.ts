import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { decodeWatch, type WatchEvent } from '../../../src/kube/watch-stream.ts';

async function* chunksOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<WatchEvent<KubeObject>[]> {
  const events: WatchEvent<KubeObject>[] = [];
  for await (const event of decodeWatch(bytes, 'watch pods')) events.push(event);
  return events;
}

const added = (name: string): WatchEvent<KubeObject> => ({
  type: 'ADDED',
  object: { metadata: { name, uid: 'u', resourceVersion: '1' } },
});
const line = (event: unknown): string => `${JSON.stringify(event)}\n`;

describe('decodeWatch', () => {
  it('reads the same events wherever the bytes are cut, in the middle of a character too', async () => {
    const events = [added('Müller'), added('日本語'), added('🦕'), added('plain')];
    const bytes = Buffer.from(events.map(line).join(''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 }), async (cuts) => {
        const borders = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const chunks = borders.slice(1).map((end, index) => bytes.subarray(borders[index], end));
        expect(await readAll(chunksOf(...chunks))).toEqual(events);
      }),
    );
  });

  it('drops the line that the end of the stream cuts', async () => {
    expect(await readAll(chunksOf(line(added('a')), '{"type":"ADDED","obj'))).toEqual([added('a')]);
  });

  it('skips empty lines', async () => {
    expect(await readAll(chunksOf('\n', line(added('a')), ' \n'))).toEqual([added('a')]);
  });

  it('throws a version that is too old as API_GONE, after the events before it', async () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    const events = decodeWatch(chunksOf(line(added('a')) + line({ type: 'ERROR', object: status })), 'watch pods');
    expect((await events.next()).value).toEqual(added('a'));
    await expect(events.next()).rejects.toMatchObject({
      code: 'API_GONE',
      message: 'cannot watch pods: too old resource version',
    });
  });

  it.each([
    ['is not JSON', '{"type":\n'],
    ['is no event', '{"kind":"Status"}\n'],
    ['is null', 'null\n'],
    ['is an error without a reason', '{"type":"ERROR"}\n'],
    ['is of an unknown type', line({ ...added('a'), type: 'RENAMED' })],
    ['is of no type', line({ ...added('a'), type: { name: 'ADDED' } })],
    ['is about an object without metadata', line({ type: 'ADDED', object: { metadata: null } })],
    ['is about an object without a version', line({ type: 'ADDED', object: { metadata: { name: 'a' } } })],
    ['is about an object without a name', line({ type: 'DELETED', object: { metadata: { resourceVersion: '1' } } })],
  ])('throws API_BAD_ANSWER for a line that %s', async (_name, text) => {
    await expect(readAll(chunksOf(text))).rejects.toMatchObject({ code: 'API_BAD_ANSWER' });
  });

  it('reads a bookmark, which is about no object', async () => {
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '1' } } };
    expect(await readAll(chunksOf(line(bookmark)))).toEqual([bookmark]);
  });

  it('throws a connection that is cut as API_UNREACHABLE, and keeps the cause', async () => {
    const cause = new Error('other side closed');
    async function* cut(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(line(added('a')));
      throw cause;
    }
    await expect(readAll(cut())).rejects.toMatchObject({ code: 'API_UNREACHABLE', cause });
  });

  it('closes the stream when the reader stops', async () => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from(line(added('a')));
      } finally {
        isClosed = true;
      }
    }
    for await (const event of decodeWatch(endless(), 'watch pods')) {
      expect(event).toEqual(added('a'));
      break;
    }
    expect(isClosed).toBe(true);
  });
});
