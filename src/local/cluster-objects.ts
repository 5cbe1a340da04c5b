// The objects that make a bare control plane a usable cluster: nodes for kwok to play, a default storage class.
import type { LocalApi } from './local-api.ts';
import { LocalClusterError } from './local-error.ts';

/** The provisioner that the kwok stages act for. */
const provisioner = 'local.velotio.com/volume';

/** Creates nodes `node-1` … `node-<count>` and the storage class; what is there stays as it is. */
export async function createClusterObjects(api: LocalApi, options: { readonly nodes: number }): Promise<void> {
  const nodes = Array.from({ length: options.nodes }, (_none, index) => nodeObject(`node-${index + 1}`));
  await Promise.all([
    ...nodes.map((node) => create(api, '/api/v1/nodes', node)),
    create(api, '/apis/storage.k8s.io/v1/storageclasses', storageClass),
  ]);
}

/** How many nodes there are, and how many of them are Ready. */
export async function countNodes(api: LocalApi): Promise<{ ready: number; total: number }> {
  const { status, body } = await api.get('/api/v1/nodes');
  if (status !== 200) throw new Error(`GET nodes: ${status} ${body.slice(0, 200)}`);
  const { items }: { items: readonly NodeObject[] } = JSON.parse(body);
  const isReady = (node: NodeObject) =>
    node.status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
  return { ready: items.filter(isReady).length, total: items.length };
}

interface NodeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function nodeObject(name: string): object {
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': process.arch === 'x64' ? 'amd64' : process.arch,
  };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } };
}

const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'local', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
};

async function create(api: LocalApi, path: string, object: object): Promise<void> {
  const { status, body } = await api.post(path, object);
  if (status === 201 || status === 409) return;
  throw new LocalClusterError(
    'LOCAL_NOT_READY',
    `the API server refused an object of ${path}: ${status} ${body.slice(0, 300)}`,
  );
}
