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
    [
      'a document on the line of its mark',
      '--- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n',
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
    [
      'a namespace that is merged in',
      'x: &x {namespace: other}\napiVersion: v1\nkind: ConfigMap\nmetadata: {<<: *x, name: a}\n',
      ['v1 ConfigMap other/a'],
    ],
    ['a key that comes twice: the last counts', `${configMap('a')}kind: Secret\n`, ['v1 Secret -/a']],
  ])('reads %s', (_name, manifest, expected) => {
    expect(summary(manifest)).toEqual(expected);
  });

  it.each([
    ['no YAML', 'a: [', 'is not YAML'],
    ['a broken document behind a good one', `${configMap('a')}---\na: {`, 'is not YAML'],
    ['an alias to nothing', 'a: *nothing\n', 'is not YAML'],
    ['a tag that nobody knows', 'kind: !secret x\n', 'is not YAML'],
    ['text', 'hello\n', 'without apiVersion'],
    ['a list of objects', '- a\n', 'without apiVersion'],
    ['no kind', 'apiVersion: v1\nmetadata: {name: a}\n', 'without apiVersion'],
    ['no name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n', 'without apiVersion'],
    ['a name that is a number', configMap('7'), 'without apiVersion'],
    ['a name in bytes', configMap('!!binary YQ=='), 'without apiVersion'],
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
