// What Helm makes of each text was tried with helm 4.2.3: a manifest must not mean one thing to Helm and another to us.
import { describe, expect, it } from 'vitest';
import { parseManifest, resourcePolicyOf } from '../../../src/release/manifest.ts';

const configMap = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
const summary = (manifest: string): string[] =>
  parseManifest(manifest).map(
    ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.namespace ?? '-'}/${metadata.name}`,
  );

describe('parseManifest', () => {
  it.each([
    ['nothing', '', []],
    ['comments only', '# Source: a.yaml\n', []],
    ['one document', configMap('a'), ['v1 ConfigMap -/a']],
    [
      'documents, empty ones among them',
      `---\n# a\n---\n${configMap('a')}---\n\n---\n${configMap('b')}`,
      ['v1 ConfigMap -/a', 'v1 ConfigMap -/b'],
    ],
    ['a comment behind a mark', `--- # Source: a.yaml\n${configMap('a')}`, ['v1 ConfigMap -/a']],
    ['lines that end as on Windows', configMap('a').replaceAll('\n', '\r\n'), ['v1 ConfigMap -/a']],
    ['JSON', '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name":"a"}}', ['v1 Secret -/a']],
    ['a namespace of nothing', 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  namespace:\n', ['v1 Secret -/a']],
    ['numbers as keys', `${configMap('a')}data: {8080: a/b}\n`, ['v1 ConfigMap -/a']],
    ['tabs in a block of text', `${configMap('a')}data:\n  x: |\n    all:\n    \tmake\n`, ['v1 ConfigMap -/a']],
    ['an anchor and its alias', `${configMap('a')}labels: &labels {a: b}\nmore: *labels\n`, ['v1 ConfigMap -/a']],
    [
      'texts over several lines',
      `${configMap('a')}some: some\n  words\nmore: "more\n  words"\nmost: >-\n  and\n  more\n`,
      ['v1 ConfigMap -/a'],
    ],
    [
      'a namespace of its own',
      'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: other}\n',
      ['v1 Secret other/a'],
    ],
    [
      'a mark inside a text',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: |\n    ---\n    y\n',
      ['v1 ConfigMap -/a'],
    ],
    [
      'a List',
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n',
      ['v1 Secret -/a', 'v1 Secret -/b'],
    ],
    [
      'a list of a kind, whose items do not say what they are',
      'apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a}\n',
      ['v1 ConfigMap -/a'],
    ],
    [
      'an object that hides others behind its own kind',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cover}\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a, namespace: kube-system}}\n',
      ['v1 Secret kube-system/a'],
    ],
    ['an empty list', 'apiVersion: v1\nkind: List\nitems: []\n', []],
  ])('reads %s', (_name, manifest, expected) => {
    expect(summary(manifest)).toEqual(expected);
  });

  it.each([
    ['no YAML', 'a: [', 'is not YAML'],
    ['a broken document behind a good one', `${configMap('a')}---\na: {`, 'is not YAML'],
    ['an alias to nothing', 'a: *nothing\n', 'an alias without an anchor'],
    ['a tag that nobody knows', 'kind: !secret x\n', 'is not YAML'],
    ['text', 'hello\n', 'without apiVersion'],
    ['a list of objects', '- a\n', 'without apiVersion'],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}\n', 'without apiVersion'],
    ['no name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n', 'without apiVersion'],
    ['a name that is a number', configMap('7'), 'no plain text to every reader'],
    ['a name in bytes', configMap('!!binary YQ=='), 'a tag'],
    ['metadata of nothing', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n', 'without apiVersion'],
    ['items that are no list', `${configMap('a')}items: x\n`, 'items that are no list'],
    ['an item that is no object', `${configMap('a')}items: [1]\n`, 'item that is no object'],
    [
      'a list in a list',
      `${configMap('a')}items: [{apiVersion: v1, kind: A, metadata: {name: b}, items: []}]\n`,
      'item that is no object',
    ],
  ])('refuses %s', (_name, manifest, reason) => {
    expect(() => parseManifest(manifest)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_UNREADABLE', message: expect.stringContaining(reason) }),
    );
  });

  const withMetadata = (metadata: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: prey${metadata}\n`;
  const long = 'x'.repeat(600);

  // Each of these hides `namespace: kube-system`, or another object, from one reader of YAML and not from another.
  it.each([
    ['a CR alone, a line break to Helm', withMetadata(' # a\r  namespace: kube-system'), 'U+000D'],
    ['NEL', withMetadata(' # a\u0085  namespace: kube-system'), 'U+0085'],
    ['a line separator', withMetadata(' # a\u2028  namespace: kube-system'), 'U+2028'],
    ['a paragraph separator', withMetadata(' # a\u2029  namespace: kube-system'), 'U+2029'],
    ['a byte order mark', withMetadata('\n  \ufeffnamespace: kube-system'), 'U+FEFF'],
    ['a NUL', withMetadata('\n\u0000'), 'U+0000'],
    ['half a character', withMetadata('\n  a: \ud800'), 'U+D800'],
    ['a merge key behind the key', withMetadata('\n  namespace: evil\n  <<: {namespace: kube-system}'), 'a merge key'],
    ['a merge key of an alias', `x: &x {namespace: a}\n${withMetadata('\n  <<: *x')}`, 'a merge key'],
    ['a key that comes twice', `${configMap('a')}kind: Secret\n`, '"kind" twice'],
    [
      'a key that comes twice in JSON',
      '{"apiVersion": "v1", "kind": "A", "kind": "B", "metadata": {"name": "a"}}',
      'twice',
    ],
    ['metadata that comes twice', `${withMetadata('')}metadata: {name: a, namespace: kube-system}\n`, 'twice'],
    ['a label that comes twice', withMetadata('\n  labels: {a: b, a: c}'), 'twice'],
    ['Metadata', `${withMetadata('')}Metadata: {annotations: {helm.sh/resource-policy: keep}}\n`, 'near to metadata'],
    ['KIND', `${withMetadata('')}KIND: Namespace\n`, 'near to kind'],
    ['a Kelvin sign in kind', `${withMetadata('')}\u212aind: Namespace\n`, 'near to kind'],
    ['Items', `${withMetadata('')}Items: []\n`, 'near to items'],
    ['Namespace', withMetadata('\n  Namespace: kube-system'), 'near to namespace'],
    ['annotations with a long s', withMetadata('\n  annotation\u017f: null'), 'near to annotations'],
    [
      'Namespace of an item',
      `kind: List\napiVersion: v1\nitems:\n- ${configMap('a, Namespace: b').replaceAll('\n', '\n  ')}`,
      'near to',
    ],
    ['a key in bytes', withMetadata('\n  ? !!binary bmFtZXNwYWNl\n  : kube-system'), 'no text'],
    ['a key with an escape', withMetadata('\n  "n\\u0061mespace": kube-system'), 'written oddly'],
    ['a key over two lines', withMetadata('\n  "names\\\n    pace": kube-system'), 'line'],
    ['a key with an anchor', withMetadata('\n  &a namespace: kube-system'), 'no text'],
    ['a key of nothing', withMetadata('\n  : kube-system'), 'no text to every reader'],
    ['a key that YAML 1.1 takes for true', withMetadata('\n  on: kube-system'), 'no text to every reader'],
    ['a key that is a hexadecimal number', withMetadata('\n  0x1: a'), 'no text to every reader'],
    ['a key of a list', withMetadata('\n  a: {[namespace]: kube-system}'), 'no text'],
    ['an explicit key', withMetadata('\n  ? namespace\n  : kube-system'), 'written oddly'],
    ['a very long key', withMetadata(`\n  ${long}: a`), 'written oddly'],
    ['a key far from its colon', withMetadata(`\n  namespace${' '.repeat(600)}: a`), 'written oddly'],
    ['a tag on a value', withMetadata('\n  namespace: !!str kube-system'), 'a tag'],
    ['the tag that says nothing', withMetadata('\n  namespace: ! kube-system'), 'a tag'],
    ['a namespace that is a number to one', withMetadata('\n  namespace: 1_000'), 'no plain text'],
    ['a namespace that is true to one', withMetadata('\n  namespace: yes'), 'no plain text'],
    ['a namespace with an escape', withMetadata('\n  namespace: "kube\\x2dsystem"'), 'no plain text'],
    ['a namespace over two lines', withMetadata('\n  namespace: "kube-system\n    "'), 'no plain text'],
    ['a namespace in a block', withMetadata('\n  namespace: |-\n    kube-system'), 'no plain text'],
    ['a namespace that is a list', withMetadata('\n  namespace: [kube-system]'), 'a namespace that is no text'],
    ['annotations that are a list', withMetadata('\n  annotations: [a]'), 'no map'],
    ['a directive', `%YAML 1.1\n---\n${configMap('a')}`, 'begins with "%"'],
    ['an end of a document', `${configMap('a')}...\n${configMap('b')}`, 'begins with "..."'],
    ['a mark with text behind it', `${configMap('a')}---${configMap('b')}`, 'behind "---"'],
    ['a document on the line of its mark', '--- {apiVersion: v1, kind: A, metadata: {name: a}}\n', 'behind "---"'],
    ['a mark in a quoted text', withMetadata("\n  labels: {a: 'x\n---\n'}\n  namespace: kube-system"), 'is not YAML'],
    ['a document that begins further in', `---\n  ${configMap('a').replaceAll('\n', '\n  ')}`, 'column 0'],
    ['two documents of JSON', '{"apiVersion": "v1"} {"apiVersion": "v1"}', 'is not YAML'],
    ['a tab as indentation', withMetadata('\n\tnamespace: kube-system'), 'YAML'],
    ['a tab behind a colon', withMetadata('\n  namespace:\tkube-system'), 'a tab outside'],
    ['a tab that begins a block of text', withMetadata('\n  a: |\n  \tnamespace: kube-system'), 'YAML'],
    ['an indentation indicator', withMetadata('\n  a: |1\n   namespace: kube-system'), 'indentation indicator'],
    ['an anchor that comes twice', withMetadata('\n  a: &x b\n  c: &x d\n  namespace: *x'), 'an anchor'],
    ['an anchor with a dot', withMetadata('\n  a: &x.y b'), 'an anchor'],
    ['a pair without braces', withMetadata('\n  a: [namespace: kube-system]'), 'without braces'],
    ['a key without a value in braces', withMetadata('\n  a: {b}'), 'written oddly'],
    ['a colon at the end in braces', withMetadata('\n  a: [b:, c]'), 'YAML'],
    ['a question mark in braces', withMetadata('\n  a: [b ?c]'), 'in braces'],
    [
      'an item with half a type',
      'apiVersion: v1\nkind: NamespaceList\nitems:\n- kind: ConfigMap\n  metadata: {name: kube-system}\n',
      'not both',
    ],
    [
      'an item with an empty apiVersion',
      'apiVersion: v1\nkind: NamespaceList\nitems:\n- {apiVersion: "", kind: A, metadata: {name: a}}\n',
      'not both',
    ],
  ])('refuses %s', (_name, manifest, reason) => {
    expect(() => parseManifest(manifest)).toThrow(
      expect.objectContaining({ code: 'MANIFEST_UNREADABLE', message: expect.stringContaining(reason) }),
    );
  });

  it.each([
    ['text', `${configMap('a')}data:\n  a: |\n    ${'x'.repeat(5_000_000)}\n`, 'longer than 5000000'],
    ['lines', configMap('a') + 'a: 1\n'.repeat(390_000), 'words of syntax'],
    ['items', `${configMap('a')}a: [${'1,'.repeat(900_000)}1]\n`, 'words of syntax'],
    ['documents', `---\n${configMap('a')}`.repeat(20_000), 'words of syntax'],
  ])('refuses too many %s before it reads them', (_name, manifest, reason) => {
    expect(() => parseManifest(manifest)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(reason) }),
    );
  });

  it('refuses aliases that unfold without end', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const aliases = Array.from({ length: 10 }, () => (level === 0 ? 'x' : `*l${level - 1}`));
      return `l${level}: &l${level} [${aliases.join(', ')}]`;
    });
    expect(() => parseManifest(levels.join('\n'))).toThrow(expect.objectContaining({ code: 'MANIFEST_UNREADABLE' }));
  });

  it('refuses what is nested deeper than can be read', () => {
    expect(() => parseManifest('['.repeat(100_000))).toThrow(expect.objectContaining({ code: 'MANIFEST_UNREADABLE' }));
  });
});

describe('resourcePolicyOf', () => {
  const policy = '{helm.sh/resource-policy: keep}';

  it.each([
    [
      'an object with the annotation',
      `apiVersion: v1\nkind: Secret\nmetadata: {name: a, annotations: ${policy}}\n`,
      'keep',
    ],
    ['an object without', configMap('a'), undefined],
    [
      'an item whose own annotation Helm does not read',
      `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a, annotations: ${policy}}}\n`,
      undefined,
    ],
    [
      'an item of a list with the annotation',
      `apiVersion: v1\nkind: List\nmetadata: {annotations: ${policy}}\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n`,
      'keep',
    ],
  ])('of %s', (_name, manifest, expected) => {
    expect(parseManifest(manifest).map(resourcePolicyOf)).toEqual([expected]);
  });
});
