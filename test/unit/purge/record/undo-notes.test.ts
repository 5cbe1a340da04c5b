import { describe, expect, it } from 'vitest';
import { readOutcomes, readUndoEntries, readUndoList, undoEntry } from '../../../../src/purge/record/undo-notes.ts';
import { maxRevision } from '../../../../src/release/record.ts';
import { exampleNote } from '../../../support/run-examples.ts';

const digest = `sha256:${'0'.repeat(64)}`;

describe('notes of ways back', () => {
  it('are read back as they were written, of a PurgeRun and of a file', () => {
    const notes = [exampleNote('api'), exampleNote('a.b-c'), { ...exampleNote('last'), revision: maxRevision }];
    expect(readUndoEntries(Object.fromEntries(notes.map(undoEntry)))).toEqual({ undo: notes });
    expect(readUndoList(JSON.parse(JSON.stringify(notes)) as unknown[])).toEqual({ undo: notes });
    expect(readUndoEntries(undefined)).toEqual({ undo: [] });
    const { namespaceUid: _, ...older } = exampleNote('older'); // as they were before the namespace was noted
    expect(readUndoEntries(Object.fromEntries([undoEntry(older)]))).toEqual({ undo: [older] });
    expect(readUndoList([older])).toEqual({ undo: [older] });
  });

  it.each<[Record<string, string>, { namespace: string; name: string }]>([
    [{ 'team-a/api': '3 undo-api sha256:abc' }, { namespace: 'team-a', name: 'api' }],
    [{ 'team-a/api': `0 undo-api ${digest}` }, { namespace: 'team-a', name: 'api' }],
    [{ 'team-a/api': `1000000000000000 undo-api ${digest}` }, { namespace: 'team-a', name: 'api' }],
    [{ 'team-a/api': `3 undo-api ${digest} ns-a more` }, { namespace: 'team-a', name: 'api' }],
    [{ 'team-a/api/x': `3 undo-api ${digest}` }, { namespace: 'team-a', name: 'api/x' }],
    [{ api: `3 undo-api ${digest}` }, { namespace: '', name: 'api' }],
    [{ 'team-a/api': `3 ${digest}` }, { namespace: 'team-a', name: 'api' }],
    [{ 'team-a/api': '' }, { namespace: 'team-a', name: 'api' }],
  ])('that are none are told: %j', (undo, key) => {
    expect(readUndoEntries(undo)).toEqual({ undo: [], unreadable: [key] });
  });

  it.each<[unknown, { namespace: string; name: string }]>([
    [
      { ...exampleNote('api'), digest: 'sha256:abc' },
      { namespace: 'team-a', name: 'api' },
    ],
    [
      { ...exampleNote('api'), revision: '3' },
      { namespace: 'team-a', name: 'api' },
    ],
    [
      { ...exampleNote('api'), revision: 1.5 },
      { namespace: 'team-a', name: 'api' },
    ],
    [
      { ...exampleNote('api'), secret: undefined },
      { namespace: 'team-a', name: 'api' },
    ],
    [
      { ...exampleNote('api'), namespaceUid: 7 },
      { namespace: 'team-a', name: 'api' },
    ],
    [
      { ...exampleNote('api'), namespace: 7 },
      { namespace: '', name: 'api' },
    ],
    [null, { namespace: '', name: '' }],
    ['3', { namespace: '', name: '' }],
  ])('that are none in a file are told: %j', (note, key) => {
    expect(readUndoList([note])).toEqual({ undo: [], unreadable: [key] });
  });

  it('are read from a report without a record, and what may be gone without one is told', () => {
    const { namespaceUid: _, ...api } = exampleNote('api');
    const { secret, revision } = api;
    const release = { namespace: 'team-a', revision: 9, durationMs: 1 };
    const failed = { ...release, result: 'failed', code: 'X', message: 'no' } as const;
    const read = readOutcomes([
      { ...release, name: 'api', result: 'purged', undo: { secret, revision, digest } },
      { ...release, name: 'bare', result: 'purged' },
      { ...failed, name: 'half', record: 'gone' },
      { ...failed, name: 'there', record: 'left' },
      { ...release, name: 'web', result: 'skipped', reason: 'it was touched' },
    ]);
    const names = ['bare', 'half'].map((name) => ({ namespace: 'team-a', name }));
    expect(read).toEqual({ undo: [api], unreadable: names });
  });
});
