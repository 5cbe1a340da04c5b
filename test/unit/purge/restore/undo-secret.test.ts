import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { runName } from '../../../../src/purge/record/run-name.ts';
import {
  isExpired,
  recordLabelsOf,
  UndoAnnotation,
  undoDigest,
  undoSecretName,
  undoSecretOf,
} from '../../../../src/purge/restore/undo-secret.ts';

const nowMs = Date.parse('2026-11-20T20:00:00Z');
const labels = {
  owner: 'helm',
  name: 'shop',
  version: '3',
  status: 'deployed',
  createdAt: '7',
  modifiedAt: '8',
  team: 'a',
};
const secret = undoSecretOf({
  run: 'nightly-20261120200000-abcde',
  record: { namespace: 'alice', name: 'shop', revision: 3, labels },
  payload: 'AAECAw==',
  expiresAtMs: nowMs + 604_800_000,
});

describe('an undo Secret', () => {
  it('says of what it is a copy and how long it lives, and is none of helm', () => {
    expect(secret).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'purge.velotio.com/undo.v1',
      metadata: {
        name: 'undo.shop.nightly-20261120200000-abcde',
        namespace: 'alice',
        labels: { 'purge.velotio.com/run': 'nightly-20261120200000-abcde', 'purge.velotio.com/release': 'shop' },
        annotations: {
          'purge.velotio.com/revision': '3',
          'purge.velotio.com/digest': `sha256:${createHash('sha256')
            .update(Buffer.from([0, 1, 2, 3]))
            .digest('hex')}`,
          'purge.velotio.com/expires': '2026-11-27T20:00:00.000Z',
          'purge.velotio.com/record-labels': JSON.stringify(labels),
        },
      },
      data: { release: 'AAECAw==' },
    });
  });

  it('has a name that Kubernetes takes, however long the names that it is made of', () => {
    const run = runName('x'.repeat(250), { nowMs, random: 0.999_999 });
    const name = undoSecretName(run, 'y'.repeat(53));
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/);
    expect(name.length).toBeLessThanOrEqual(253);
  });

  it('has a digest of its bytes alone', () => {
    expect(undoDigest('AAECAw==')).toBe(secret.metadata.annotations?.[UndoAnnotation.digest]);
    expect(undoDigest('AAECBA==')).not.toBe(undoDigest('AAECAw=='));
  });
});

describe('the labels that a record gets back', () => {
  it.each<[string, string | undefined, object]>([
    ["those of people, and when it was made, not helm's own", JSON.stringify(labels), { createdAt: '7', team: 'a' }],
    ['none where there are none', undefined, {}],
    ['none where they are no JSON', '{', {}],
    ['none where they are no map', '"owner"', {}],
    ['only those that are text', '{"a":"b","c":1,"d":null}', { a: 'b' }],
  ])('are %s', (_name, text, expected) => {
    expect(recordLabelsOf({ annotations: text === undefined ? {} : { [UndoAnnotation.recordLabels]: text } })).toEqual(
      expected,
    );
  });
});

describe('an undo Secret expires', () => {
  const time = { nowMs, retentionMs: 3_600_000 };
  const made = (expires: string | undefined, creationTimestamp?: string) => ({
    ...(expires === undefined ? {} : { annotations: { [UndoAnnotation.expires]: expires } }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
  });
  it.each<[string, ReturnType<typeof made>, boolean]>([
    ['at its time', made('2026-11-20T20:00:00Z'), true],
    ['not before', made('2026-11-20T20:00:00.001Z'), false],
    ['at its time, however old it is', made('2026-11-21T00:00:00Z', '2020-01-01T00:00:00Z'), false],
    ['by its age where its time cannot be read', made('soon', '2026-11-20T19:00:00Z'), true],
    ['not before that', made('soon', '2026-11-20T19:00:01Z'), false],
    ['by its age where it names no time', made(undefined, '2026-11-20T18:00:00Z'), true],
    ['never by a date that does not exist', made('2026-02-30T00:00:00Z', '2026-11-20T19:59:00Z'), false],
    ['never where nobody knows its age', made('soon'), false],
  ])('%s', (_name, meta, expected) => {
    expect(isExpired(meta, time)).toBe(expected);
  });
});
