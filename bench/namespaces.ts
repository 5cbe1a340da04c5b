// The namespaces of a site, ready to hold pods.
import pMap from 'p-map';
import { CoreResources } from '../src/kube/resource.ts';
import { benchAgent } from './audit-log.ts';
import { askMs, deadlineFor, width } from './pace.ts';
import type { Site } from './site.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** Namespaces, and what the control plane puts into each: a pod cannot start before its service account is there. */
export async function createNamespaces(
  site: Site,
  context: {
    readonly world: World;
    readonly signal: AbortSignal;
    /** Of each namespace. Default none. */
    readonly labels?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { world, signal, labels = {} } = context;
  const { client } = world;
  await pMap(
    site.namespaces,
    async (name) => {
      const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
      await client.create(CoreResources.namespaces, object, { fieldManager: benchAgent, signal });
    },
    { concurrency: width, signal },
  );
  const accounts = await world.discovery.resolve({ group: '', version: 'v1', kind: 'ServiceAccount' }, signal);
  await until(`the service accounts of ${site.namespaces.length} namespaces`, {
    signal,
    deadlineMs: deadlineFor(site),
    missing: async () => {
      const { items } = await client.list(accounts, { isMetadataOnly: true, pageSize: 0, signal });
      const made = new Set(items.map(({ metadata }) => metadata.namespace));
      return site.namespaces.filter((namespace) => !made.has(namespace));
    },
    pollMs: askMs,
  });
}
