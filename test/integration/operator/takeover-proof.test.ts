// Whether a release is helm-operator's for the resource: proved by live objects, whatever a record says.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeClient } from '../../../src/kube/client.ts';
import { Discovery } from '../../../src/kube/discovery.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { proveSdkOwnership, type SdkProof } from '../../../src/operator/takeover/sdk-ownership.ts';
import { helm, kubectl } from '../../support/operator-run.ts';
import { encodeRecord, jsonOf, type RecordSecret } from '../../support/release-lab.ts';
import { SdkProject } from '../../support/sdk-project.ts';

const namespace = 'op-takeover-proof';
let project: SdkProject;

beforeAll(async () => {
  project = await SdkProject.open({ namespace, rules: [] });
});
afterAll(async () => {
  await project.close();
});

async function prove(name: string, client: KubeClient = project.client): Promise<SdkProof> {
  const { group, kind } = project.nginxes;
  const uid = (await project.get(name))?.metadata.uid ?? '';
  return proveSdkOwnership({
    client,
    discovery: new Discovery(project.client),
    owner: { uid, name, namespace, group, kind },
    release: { namespace, name, revision: 1 },
  });
}
const recordOf = (name: string) => ({ namespace, name: `sh.helm.release.v1.${name}.v1` });
const patch = (object: string, change: unknown) =>
  kubectl('-n', namespace, 'patch', object, '--type=merge', '-p', JSON.stringify(change));

/** Another text in the manifest of a record. */
async function forge(name: string, change: (manifest: string) => string): Promise<void> {
  const secret = await project.client.get<RecordSecret>(CoreResources.secrets, recordOf(name));
  const content = JSON.parse(jsonOf(secret)) as { manifest: string };
  const data = encodeRecord(JSON.stringify({ ...content, manifest: change(content.manifest) }));
  await project.client.merge(CoreResources.secrets, { data }, { ...recordOf(name), fieldManager: 'test' });
}

/** What a record names is gone, and the record stays. */
async function emptied(name: string): Promise<void> {
  await project.installed(name);
  const record = await kubectl('-n', namespace, 'get', 'secret', recordOf(name).name, '-o', 'json');
  await helm('uninstall', name, '-n', namespace);
  const { metadata, ...rest } = JSON.parse(record) as RecordSecret;
  const { resourceVersion: _version, uid: _uid, managedFields: _fields, creationTimestamp: _time, ...bare } = metadata;
  await project.client.create(
    CoreResources.secrets,
    { ...rest, apiVersion: 'v1', kind: 'Secret', metadata: bare },
    { fieldManager: 'test' },
  );
  await kubectl('-n', namespace, 'delete', `configmap/${name}-kept`);
}

describe('a release is proved to be helm-operator’s for the resource', () => {
  test('where every object carries its mark: a reference, or outside its reach and on what is kept, annotations', async () => {
    await project.installed('proved');
    const { doubt, objects } = await prove('proved');
    expect(doubt).toBeUndefined();
    expect(objects.map(({ resource, meta }) => `${resource.kind}/${meta.name}`).sort()).toEqual([
      `ClusterRole/${namespace}-proved`,
      'ConfigMap/proved',
      'ConfigMap/proved-kept',
      'Deployment/proved',
      'PersistentVolumeClaim/proved',
      'Secret/proved',
      'Service/proved',
      'ServiceAccount/proved',
    ]);
  });

  test('where some are gone', async () => {
    await kubectl('-n', namespace, 'delete', 'service/proved', 'deployment/proved');
    expect((await prove('proved')).doubt).toBeUndefined();
  });

  test('where all are gone, and the record refers to the resource', async () => {
    await emptied('emptied');
    expect(await prove('emptied')).toMatchObject({ objects: [], read: { release: { name: 'emptied' } } });
    expect((await prove('emptied')).doubt).toBeUndefined();
    await patch(`secret/${recordOf('emptied').name}`, { metadata: { ownerReferences: null } });
    expect((await prove('emptied')).doubt).toBe('nothing of it carries the uid of this resource');
  });
});

describe('a release is not', () => {
  beforeAll(async () => {
    await project.installed('one');
    await project.installed('other');
  });

  test('where an object lacks the mark', async () => {
    await patch('configmap/one', { metadata: { ownerReferences: null } });
    expect((await prove('one')).doubt).toBe("ConfigMap/one does not carry operator-sdk's mark of this resource");
  });

  test('where an object that the resource could own only names it', async () => {
    const annotations = {
      'operator-sdk/primary-resource': `${namespace}/one`,
      'operator-sdk/primary-resource-type': `Nginx.${project.nginxes.group}`,
    };
    await patch('configmap/one', { metadata: { annotations } });
    expect((await prove('one')).doubt).toContain('ConfigMap/one');
  });

  test('where its record names an object of another resource', async () => {
    await forge('other', (manifest) => `${manifest}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: one}\n`);
    expect((await prove('other')).doubt).toContain('Service/one');
  });

  test('where its record names an object of nobody’s', async () => {
    const binding = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: cluster-admin}\n';
    await forge('other', () => `---\n${binding}`);
    expect((await prove('other')).doubt).toContain('ClusterRole/cluster-admin');
  });

  test('where its record cannot be read', async () => {
    await forge('other', () => 'kind: [\n');
    expect((await prove('other')).doubt).toBeTruthy();
    await project.client.delete(CoreResources.secrets, recordOf('other'));
    expect((await prove('other')).doubt).toContain('not found');
  });

  test('where the resource was made anew under the same name', async () => {
    await project.installed('again');
    const resource = `${project.nginxes.plural}/again`;
    await patch(resource, { metadata: { finalizers: null } });
    const manifest = await kubectl('-n', namespace, 'get', resource, '-o', 'json');
    await kubectl('-n', namespace, 'delete', resource, '--cascade=orphan');
    const { apiVersion, kind, spec } = JSON.parse(manifest) as { apiVersion: string; kind: string; spec: unknown };
    await project.client.create(
      project.nginxes,
      { apiVersion, kind, spec, metadata: { name: 'again', namespace } },
      { fieldManager: 'test' },
    );
    expect((await prove('again')).doubt).toMatch(/does not carry operator-sdk's mark of this resource/);
  });

  test('where an object may not be read: the missing right is named', async () => {
    await project.installed('hidden');
    const user = 'op-takeover-proof-reader';
    await kubectl('-n', namespace, 'create', 'role', user, '--verb=get', '--resource=secrets');
    await kubectl('-n', namespace, 'create', 'rolebinding', user, `--role=${user}`, `--user=${user}`);
    const { doubt, objects } = await prove('hidden', project.client.impersonating(user));
    expect(doubt).toContain(`User "${user}" cannot get resource`);
    expect(objects).toEqual([]);
  });
});
