import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRelease } from '../../../src/release/decode.ts';
import { type RewritableRecord, rewriteStatus, type StatusChange } from '../../../src/release/encode.ts';
import { releaseStatuses } from '../../../src/release/record.ts';

const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64');
const secretOf = (json: Buffer | string, isPacked = true): RewritableRecord => ({
  metadata: { labels: { owner: 'helm', name: 'shop', status: 'pending-install', version: '1', createdAt: '7' } },
  data: { release: base64(base64(isPacked ? gzipSync(json) : json)) },
});
/** Strictly: gzip inside base64 inside base64. */
const bytesOf = ({ data }: Pick<RewritableRecord, 'data'>): Buffer =>
  gunzipSync(Buffer.from(Buffer.from(data?.release ?? '', 'base64').toString('latin1'), 'base64'));
const jsonOf = (record: Pick<RewritableRecord, 'data'>): string => bytesOf(record).toString('utf8');

const failed: StatusChange = {
  status: 'failed',
  description: 'nobody "holds" it – ünlocked',
  nowMs: 1_700_000_000_999,
};
const saidByHelm = '"description":"Initial install underway","status":"pending-install"';
const json = (info: string, rest = ''): string =>
  `{"name":"shop","info":{"first_deployed":"2026-01-01T00:00:00Z",${info},"notes":"<a>"},"version":1,"namespace":"a"${rest}}`;

describe('rewriteStatus', () => {
  it('changes state and description, inside and outside, and nothing else', () => {
    const before = secretOf(json(saidByHelm));
    const after = rewriteStatus(before, failed);
    expect(jsonOf(after)).toBe(json(`"description":${JSON.stringify(failed.description)},"status":"failed"`));
    expect(after.labels).toEqual({
      owner: 'helm',
      name: 'shop',
      status: 'failed',
      version: '1',
      createdAt: '7',
      modifiedAt: '1700000000',
    });
    const { status, description, ...rest } = decodeRelease(after);
    expect({ status, description }).toEqual({ status: 'failed', description: failed.description });
    expect(rest).toEqual((({ status: _s, description: _d, ...others }) => others)(decodeRelease(before)));
  });

  it.each([
    ['integers that JavaScript rounds', '"config":{"id":9007199254740993,"big":1e400}'],
    ['numbers that JavaScript would write differently', '"config":{"a":1.0,"b":-0,"c":1E5,"d":0.10}'],
    ['keys that mean something to JavaScript', '"config":{"__proto__":{"a":1},"constructor":2}'],
    ['the order of keys that look like numbers', '"config":{"b":1,"10":2,"9":3}'],
    ['keys that come twice', '"config":{"a":1,"a":2}'],
    ['spelling that need not be', '"config":{"\\u0061":"\\/\\u003c"}'],
    ['what looks like the state elsewhere', '"config":{"info":{"status":"x"},"status":"y"},"manifest":"\\"status\\":"'],
    ['space', ' ,\n"config" :\t{ }\r\n'.slice(2)],
  ])('leaves %s as it is', (_name, rest) => {
    const after = rewriteStatus(secretOf(json(saidByHelm, `,${rest}`)), failed);
    expect(jsonOf(after)).toBe(
      json(`"description":${JSON.stringify(failed.description)},"status":"failed"`, `,${rest}`),
    );
  });

  it('leaves bytes that are no UTF-8 as they are', () => {
    const [front, back] = json(saidByHelm, ',"config":{"a":"?"}').split('?');
    const bytes = Buffer.concat([Buffer.from(front ?? ''), Buffer.from([0xff, 0xc3]), Buffer.from(back ?? '')]);
    expect(bytesOf(rewriteStatus(secretOf(bytes), failed)).includes(Buffer.from([0xff, 0xc3]))).toBe(true);
  });

  it.each([
    ['leaves it out, as Helm 4 does', ''],
    ['has it empty, as Helm 3 writes it', ',"deleted":""'],
    ['has it of an attempt before', ',"deleted":"2025-01-01T00:00:00Z"'],
  ])('says when a deletion began, where the record %s', (_name, deleted) => {
    const change = { ...failed, status: 'uninstalling', isDeletion: true } as const;
    const { info } = JSON.parse(jsonOf(rewriteStatus(secretOf(json(saidByHelm + deleted)), change))) as {
      readonly info: unknown;
    };
    expect(info).toMatchObject({ status: 'uninstalling', deleted: '2023-11-14T22:13:20.999Z', notes: '<a>' });
  });

  it('adds the description where Helm left out an empty one', () => {
    const after = rewriteStatus(
      secretOf('{"name":"a","info":{ "status":"unknown"},"version":1,"namespace":"b"}'),
      failed,
    );
    expect(decodeRelease(after)).toMatchObject({ status: 'failed', description: failed.description });
  });

  it('compresses what was not, and keeps what else the Secret holds', () => {
    const secret = secretOf(json(saidByHelm), false);
    const after = rewriteStatus({ ...secret, data: { ...secret.data, other: 'eA==' } }, failed);
    expect(JSON.parse(jsonOf(after))).toMatchObject({ info: { status: 'failed' } });
    expect(after.data.other).toBe('eA==');
  });

  it('writes back to the byte what it read, whatever stands in the record', () => {
    const record = fc.record({
      config: fc.jsonValue(),
      manifest: fc.string(),
      chart: fc.dictionary(fc.string(), fc.jsonValue()),
    });
    const said = fc.record({ status: fc.constantFrom(...releaseStatuses), description: fc.string({ unit: 'binary' }) });
    fc.assert(
      fc.property(record, said, fc.constantFrom(0, 1), ({ chart, ...rest }, info, indent) => {
        const wire = { chart: { values: chart }, ...rest, name: 'a', info, namespace: 'b', version: 1 };
        const text = JSON.stringify(wire, null, indent);
        const there = rewriteStatus(secretOf(text), failed);
        expect(decodeRelease(there)).toMatchObject({ status: 'failed', description: failed.description });
        const back = rewriteStatus({ metadata: {}, data: there.data }, { ...info, nowMs: 0 });
        expect(jsonOf(back)).toBe(text);
      }),
    );
  });

  it.each([
    ['is no record', '[]', 'is not a string'],
    ['has the state twice', json(`${saidByHelm},"status":"deployed"`), 'the key status twice'],
    ['hides a description under another case', json(`${saidByHelm},"Description":"x"`), 'takes for description'],
  ])('refuses what %s', (_name, text, reason) => {
    expect(() => rewriteStatus(secretOf(text), failed)).toThrow(
      expect.objectContaining({ code: 'RECORD_UNREADABLE', message: expect.stringContaining(reason) }),
    );
  });

  it('refuses a record that unpacks to more than a release can be', () => {
    expect(() => rewriteStatus(secretOf(Buffer.alloc(9 * 1024 * 1024)), failed)).toThrow(
      expect.objectContaining({ code: 'RECORD_TOO_LARGE' }),
    );
  });
});
