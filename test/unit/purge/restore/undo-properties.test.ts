// Whatever a release holds: what is copied at undo and written back at restore is the same to helm, but for its state.
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { recordLabelsOf, UndoAnnotation, undoDigest, undoSecretOf } from '../../../../src/purge/restore/undo-secret.ts';
import { contentDigest } from '../../../../src/release/content-digest.ts';
import { decodeRelease } from '../../../../src/release/decode.ts';
import { rewriteStatus } from '../../../../src/release/encode.ts';
import { releaseStatuses } from '../../../../src/release/record.ts';

const text = fc.string({ unit: 'binary' });
const helmText = fc.record({
  manifest: text,
  config: fc.jsonValue(),
  values: fc.jsonValue(),
  notes: text,
  hooks: fc.array(
    fc.record({ name: text, kind: text, manifest: text, events: fc.array(fc.constantFrom('pre-install', 'test')) }),
    { maxLength: 3 },
  ),
});
const release = fc.record({
  content: helmText,
  revision: fc.integer({ min: 1, max: 999_999 }),
  status: fc.constantFrom(...releaseStatuses),
  isPacked: fc.boolean(),
  userLabels: fc.dictionary(fc.stringMatching(/^x[a-z]{0,8}$/), fc.stringMatching(/^[a-z0-9]{0,9}$/), { maxKeys: 4 }),
});

it('undo, then what restore writes back, is an equal release', () => {
  fc.assert(
    fc.property(release, ({ content, revision, status, isPacked, userLabels }) => {
      const { config, values, notes, manifest, hooks } = content;
      const json = JSON.stringify({
        name: 'shop',
        info: { first_deployed: '2026-01-01T00:00:00Z', status, description: 'Install complete', notes },
        chart: { metadata: { name: 'c', version: '1.0.0' }, values },
        config,
        manifest,
        hooks,
        version: revision,
        namespace: 'a',
      });
      const body = isPacked ? gzipSync(json) : Buffer.from(json);
      const payload = Buffer.from(body.toString('base64')).toString('base64');
      const labels = { ...userLabels, owner: 'helm', name: 'shop', version: String(revision), status, createdAt: '7' };
      const undo = undoSecretOf({
        run: 'r-20261120200000-abcde',
        record: { namespace: 'a', name: 'shop', revision, labels },
        payload,
        expiresAtMs: 0,
      });
      const stored = (undo as unknown as { readonly data: { readonly release: string } }).data;
      expect(stored.release, 'the copy is the record to the byte').toBe(payload);
      expect(undo.metadata.annotations?.[UndoAnnotation.digest]).toBe(undoDigest(stored.release));

      const back = rewriteStatus(
        {
          data: stored,
          metadata: {
            labels: { ...recordLabelsOf(undo.metadata), name: 'shop', owner: 'helm', version: String(revision) },
          },
        },
        { status: 'uninstalled', description: 'back', nowMs: 0 },
      );
      expect(back.labels).toEqual({ ...labels, status: 'uninstalled', modifiedAt: '0' });
      expect(contentDigest(decodeRelease(back))).toBe(contentDigest(decodeRelease({ data: stored })));
      const inner = Buffer.from(back.data.release ?? '', 'base64').toString('latin1');
      const after = JSON.parse(gunzipSync(Buffer.from(inner, 'base64')).toString('utf8')) as { info: object };
      const before = JSON.parse(json) as { info: object };
      expect({ ...after, info: { ...after.info, status, description: 'Install complete' } }).toEqual(before);
    }),
  );
});
