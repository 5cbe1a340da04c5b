import { describe, expect, test } from 'vitest';
import { chartKinds, kindsIn } from '../../../src/watches/chart-kinds.ts';
import { archive } from '../../support/chart-archive.ts';

const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\n';
const clusterRole = { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' };

describe('a template', () => {
  test.each([
    ['an object', role, [clusterRole]],
    ['one of the core group', 'apiVersion: v1\nkind: Namespace # ours\n', [{ group: '', kind: 'Namespace' }]],
    ['quoted', `apiVersion: "v1"\nkind: 'Namespace'\r\n`, [{ group: '', kind: 'Namespace' }]],
    ['kind first', 'kind: ClusterRole\nmetadata: {}\napiVersion: rbac.authorization.k8s.io/v1', [clusterRole]],
    ['two documents', `${role}---\napiVersion: v1\nkind: Node\n`, [clusterRole, { group: '', kind: 'Node' }]],
    ['conditions around it', `{{- if .Values.rbac }}\n---\n${role}{{- end }}`, [clusterRole]],
    ['a group that a template makes', 'apiVersion: {{ .Values.api }}\nkind: ClusterRole', [{ kind: 'ClusterRole' }]],
    ['a group that stands elsewhere', '{{ include "head" . }}\nkind: ClusterRole', [{ kind: 'ClusterRole' }]],
    [
      'a choice of groups',
      '{{ if .New }}\napiVersion: new.io/v1\n{{ else }}\napiVersion: old.io/v1\n{{ end }}\nkind: Thing',
      [
        { group: 'new.io', kind: 'Thing' },
        { group: 'old.io', kind: 'Thing' },
      ],
    ],
    [
      'items of a list',
      `kind: List\nitems:\n  - apiVersion: v1\n    kind: Node`,
      [{ kind: 'List' }, { group: '', kind: 'Node' }],
    ],
    ['JSON', '{\n  "apiVersion": "v1",\n  "kind": "Node",\n}', [{ group: '', kind: 'Node' }]],
    ['a kind that a template makes', 'apiVersion: v1\nkind: {{ .Values.kind }}', []],
    [
      'a role that is only referred to',
      'apiVersion: v1\nkind: Thing\nroleRef:\n  kind: ClusterRole\n  apiGroup: rbac.authorization.k8s.io',
      [{ group: '', kind: 'Thing' }],
    ],
  ])('with %s', (_what, text, kinds) => {
    expect(kindsIn(text)).toEqual(kinds);
  });
});

describe('a chart', () => {
  const kindsOf = (files: Readonly<Record<string, string | Buffer>>) => {
    const byPath = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
    return chartKinds({ read: (path) => byPath.get(path), paths: [...byPath.keys()] });
  };

  test.each([
    ['templates/role.yaml', role],
    ['templates/rbac/role.yaml', role],
    ['templates/_helpers.tpl', `{{ define "role" }}\n${role}{{ end }}`],
    ['charts/db/templates/role.yaml', role],
    ['charts/db/charts/cache/templates/role.yaml', role],
    ['charts/db-1.0.0.tgz', archive('db/templates/role.yaml', role)],
    ['charts/db/charts/cache-1.0.0.tgz', archive('cache/templates/role.yaml', role)],
  ])('renders what is in %s', async (path, content) => {
    expect(await kindsOf({ [path]: content })).toEqual([clusterRole]);
  });

  test.each([
    ['crds/thing.yaml', role],
    ['templates/NOTES.txt', role],
    ['files/templates/role.yaml', role],
    ['charts/broken.tgz', 'no archive'],
  ])('does not render what is in %s', async (path, content) => {
    expect(await kindsOf({ [path]: content })).toEqual([]);
  });

  test('names a kind once', async () => {
    expect(await kindsOf({ 'templates/a.yaml': role, 'templates/b.yaml': `${role}---\n${role}` })).toEqual([
      clusterRole,
    ]);
  });
});
