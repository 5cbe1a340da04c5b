// A revision whose helm died: its record is rewritten, and the real helm goes on from there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { type MarkRevisionRequest, markRevision } from '../../../src/release/mark-revision.ts';
import { eventually } from '../../support/eventually.ts';
import { jsonOf, type RecordSecret, ReleaseLab } from '../../support/release-lab.ts';

const options = {
  fieldManager: 'lab',
  clock: { now: () => 1_700_000_000_000, monotonic: () => 0, sleep: async () => {} },
};

let lab: ReleaseLab;
let namespace: string;
beforeAll(async () => {
  lab = await ReleaseLab.open();
  namespace = await lab.namespace('mark');
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
});

/** With `hook` a Job that no node takes runs first: helm waits for it until it is killed. */
const template = `
{{- if .Values.hook }}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: pre-install, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
spec:
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {test.velotio.com/nowhere: "true"}
      containers: [{name: a, image: none}]
---
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {id: {{ .Values.id | quote }}}
`;

async function requestFor(name: string, change: Partial<MarkRevisionRequest> = {}): Promise<MarkRevisionRequest> {
  const { metadata } = await lab.record(namespace, name);
  const { uid, resourceVersion } = metadata;
  const expected = { uid, resourceVersion };
  return { namespace, name, revision: 1, status: 'failed', description: 'its helm died', expected, ...change };
}

/** Replaces the record, as somebody with rights on Secrets can. */
async function overwrite(
  secret: RecordSecret,
  change: Partial<RecordSecret> & { readonly labels?: object },
): Promise<void> {
  const { labels, ...rest } = change;
  const { name, annotations } = secret.metadata;
  const metadata = {
    name,
    namespace,
    labels: { ...secret.metadata.labels, ...labels },
    annotations: annotations ?? {},
  };
  await lab.client.delete(CoreResources.secrets, { namespace, name });
  const body = { ...secret, ...rest, apiVersion: 'v1', kind: 'Secret', metadata };
  await lab.client.create(CoreResources.secrets, body, { fieldManager: 'lab' });
}

const packed = (json: string): Readonly<Record<string, string>> => ({
  release: Buffer.from(Buffer.from(json).toString('base64')).toString('base64'),
});

describe('markRevision', () => {
  it('frees a release whose install was killed: upgrade --install goes on', async () => {
    const chart = await lab.chart(template);
    const id = '9007199254740993';
    const dying = lab.startHelm('install', 'killed', chart, '-n', namespace, '--set', 'hook=true', '--set', `id=${id}`);
    const died = dying.catch(() => undefined);
    const state = () =>
      lab.record(namespace, 'killed').then(
        ({ metadata }) => metadata.labels?.status,
        () => 'none',
      );
    await eventually(state).toBe('pending-install');
    dying.kill('SIGKILL');
    await died;
    const again = ['upgrade', '--install', 'killed', chart, '-n', namespace, '--set', `id=${id}`];
    await expect(lab.helm(...again)).rejects.toThrow('another operation (install/upgrade/rollback) is in progress');

    const before = await lab.record(namespace, 'killed');
    const marked = await markRevision(lab.client, await requestFor('killed'), options);
    const after = await lab.record(namespace, 'killed');
    expect(marked).toMatchObject({ status: 'failed', revision: 1, resourceVersion: after.metadata.resourceVersion });
    expect(after.metadata.labels).toEqual({ ...before.metadata.labels, status: 'failed', modifiedAt: '1700000000' });
    expect(jsonOf(after)).toBe(
      jsonOf(before)
        .replace(/"description":"[^"]*"/, '"description":"its helm died"')
        .replace('"status":"pending-install"', '"status":"failed"'),
    );
    expect(jsonOf(after)).toContain(id);
    const history = await lab.helm('history', 'killed', '-n', namespace, '-o', 'json');
    expect(JSON.parse(history)).toMatchObject([{ revision: 1, status: 'failed', description: 'its helm died' }]);

    await lab.helm(...again);
    expect(await lab.helm('status', 'killed', '-n', namespace)).toContain('STATUS: deployed');
    await lab.helm('uninstall', 'killed', '-n', namespace);
  });

  it('rewrites a record as Helm 3 left it, and one from before compression', async () => {
    const chart = await lab.chart(template);
    await lab.helm('install', 'old', chart, '-n', namespace);
    const secret = await lab.record(namespace, 'old');
    const { apply_method: _, info, ...rest } = JSON.parse(jsonOf(secret));
    const helm3 = { ...rest, info: { ...info, deleted: '', status: 'pending-upgrade' } };
    const data = packed(JSON.stringify(helm3));
    await overwrite(secret, { data, labels: { status: 'pending-upgrade', modifiedAt: '1600000000' } });

    await markRevision(lab.client, await requestFor('old'), options);
    expect(JSON.parse(jsonOf(await lab.record(namespace, 'old')))).toEqual({
      ...helm3,
      info: { ...helm3.info, status: 'failed', description: 'its helm died' },
    });
    await lab.helm('upgrade', '--install', 'old', chart, '-n', namespace);
    expect(await lab.helm('status', 'old', '-n', namespace)).toContain('STATUS: deployed');
  });

  it('leaves a record alone that is not the one that was seen', async () => {
    const chart = await lab.chart(template);
    await lab.helm('install', 'moved', chart, '-n', namespace);
    const seen = await requestFor('moved');
    const before = await lab.record(namespace, 'moved');
    for (const expected of [
      { ...seen.expected, uid: 'of-its-predecessor' },
      { ...seen.expected, resourceVersion: '1' },
    ]) {
      await expect(markRevision(lab.client, { ...seen, expected }, options)).rejects.toMatchObject({
        code: 'API_CONFLICT',
      });
    }
    await expect(markRevision(lab.client, { ...seen, revision: 2 }, options)).rejects.toMatchObject({
      code: 'API_NOT_FOUND',
    });
    expect(await lab.record(namespace, 'moved')).toEqual(before);
  });

  it('loses against a change between its read and its write', async () => {
    const chart = await lab.chart(template);
    await lab.helm('install', 'raced', chart, '-n', namespace);
    const request = await requestFor('raced');
    const patch = { metadata: { labels: { changed: 'meanwhile' } } };
    const target = { namespace, name: 'sh.helm.release.v1.raced.v1', fieldManager: 'other' };
    const racing = new Proxy(lab.client, {
      get: (client, key) => {
        if (key !== 'raw') return Reflect.get(client, key).bind(client);
        return async (write: Parameters<typeof client.raw>[0]) => {
          await client.merge(CoreResources.secrets, patch, target);
          return client.raw(write);
        };
      },
    });
    await expect(markRevision(racing, request, options)).rejects.toMatchObject({ code: 'API_CONFLICT' });
    expect((await lab.record(namespace, 'raced')).metadata.labels).toMatchObject({
      status: 'deployed',
      changed: 'meanwhile',
    });
  });

  it.each<[string, (secret: RecordSecret) => Partial<RecordSecret> & { readonly labels?: object }, string?]>([
    ['another type', () => ({ type: 'Opaque' })],
    ['labels of another release', () => ({ labels: { name: 'other' } })],
    ['another state inside', () => ({ labels: { status: 'pending-install' } })],
    ['another release inside', (secret) => ({ data: packed(jsonOf(secret).replace('"name":"lie"', '"name":"x"')) })],
    ['nothing that can be read', () => ({ data: packed('{') }), 'RECORD_NO_JSON'],
  ])('refuses a record with %s', async (_name, change, code = 'RECORD_UNREADABLE') => {
    const chart = await lab.chart('');
    await lab.helm('install', 'lie', chart, '-n', namespace);
    const secret = await lab.record(namespace, 'lie');
    await overwrite(secret, change(secret));
    const before = await lab.record(namespace, 'lie');
    await expect(markRevision(lab.client, await requestFor('lie'), options)).rejects.toMatchObject({ code });
    expect(await lab.record(namespace, 'lie')).toEqual(before);
    await lab.client.delete(CoreResources.secrets, { namespace, name: secret.metadata.name });
  });
});
