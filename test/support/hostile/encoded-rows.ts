// Records that nobody should believe because of how they are written, and odd ones that are good (DESIGN.md P1).
import { gzipSync } from 'node:zlib';
import { compressed, configMap, manifestOf, noise } from '../written-release.ts';
import type { HostileRow, RowHands } from './hostile-row.ts';

/** One of them is no reason to doubt the others, so each has its object in place. */
const unreadable = (
  name: string,
  why: string,
  how: (hands: RowHands) => Parameters<RowHands['record']>[0],
): HostileRow => ({
  name,
  why,
  make: (hands) => hands.shop(how(hands)),
  ends: { kept: 'unreadable-record', isDoubtful: true },
});

/** A thousand of a thousand of a thousand. */
const aliases = Array.from({ length: 9 }, (_, level) => {
  const inner = level === 0 ? 'x' : `*a${level - 1}`;
  return `  a${level}: &a${level} [${Array(9).fill(inner).join(', ')}]`;
}).join('\n');

/** In the order of the ways in which a record is taken apart. */
export const encodedRows: readonly HostileRow[] = [
  unreadable('no-data', 'P1: a record without content', () => ({ encode: () => undefined })),
  unreadable('not-base64', 'P1: neither base64 nor anything else', () => ({ encode: () => '\u0000\u00ff{}%%%' })),
  unreadable('garbage', 'P1: base64 of nonsense', () => ({ encode: () => noise(500) })),
  unreadable('gzip-garbage', "P1: gzip's first bytes, and nothing behind them", () => ({
    encode: () => Buffer.from(`\u001f\u008b\u0008${'x'.repeat(300)}`, 'latin1').toString('base64'),
  })),
  unreadable('gzip-cut', 'P1: gzip that ends in the middle', () => ({
    encode: (text) => gzipSync(text).subarray(0, 120).toString('base64'),
  })),
  unreadable('gzip-bomb', 'P1: 20 KB that unpack to 20 MB: the size is bounded', () => ({
    encode: (text) => compressed(text + ' '.repeat(20_000_000)),
  })),
  unreadable('json-cut', 'P1: JSON that ends in the middle', () => ({ text: (json) => json.slice(0, -20) })),
  unreadable('json-twice', 'P1: a key that comes twice: the readers differ in which one counts', ({ namespace }) => ({
    text: (json) =>
      json.replace('"config":', `"manifest":${JSON.stringify(manifestOf([configMap(namespace)]))},"config":`),
  })),
  unreadable('json-case', 'P1: Go finds "Manifest" where it looks for "manifest"', ({ namespace, elsewhere }) => ({
    inside: { Manifest: manifestOf([configMap(namespace, { namespace: elsewhere })]) },
  })),
  unreadable('yaml-twice', 'P1: a key of the manifest that comes twice', ({ namespace, elsewhere }) => ({
    manifest: `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${namespace}\n  namespace: x\n  namespace: ${elsewhere}\n`,
  })),
  unreadable('yaml-bomb', 'P1: aliases of aliases of aliases', () => ({
    manifest: `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\ndata:\n${aliases}\n`,
  })),
  unreadable('yaml-hidden', 'P1: a line break that only one reader of YAML knows', ({ namespace, elsewhere }) => ({
    manifest: `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${namespace} # \u0085  namespace: ${elsewhere}\n`,
  })),
  unreadable('yaml-none', 'P1: a manifest that is no YAML', () => ({ manifest: '{{ .Values.oops }}: [' })),
  {
    name: 'not-gzip',
    why: 'P1: plain JSON in base64, as Helm wrote it long ago, is a good record',
    make: ({ shop }) => shop({ encode: (text) => Buffer.from(text).toString('base64') }),
    ends: { purged: true },
  },
  {
    name: 'large',
    why: 'P1: 0.9 MB, nearly all that a Secret may hold: nothing about it is wrong',
    make: ({ shop }) => shop({ inside: { config: { ballast: noise(680_000) } } }),
    ends: { purged: true },
  },
  {
    name: 'ten-revisions',
    why: 'P6: all that Helm keeps of a release goes with it',
    make: async ({ shop, record }) => {
      for (let revision = 1; revision < 10; revision += 1) await record({ revision, status: 'superseded' });
      await shop({ revision: 10 });
    },
    ends: { purged: true },
  },
  {
    name: 'empty-manifest',
    why: 'P1: a release without objects is one',
    make: ({ record }) => record(),
    ends: { purged: true },
  },
];
