// Releases written straight into the cluster, as helm would leave them, and their pods waited for.
import pMap from 'p-map';
import { CoreResources, gvkOf } from '../../src/kube/resource.ts';
import { objectsOf } from '../chart-objects.ts';
import { createNamespaces } from '../namespaces.ts';
import { deadlineFor, width } from '../pace.ts';
import type { Site } from '../site.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';
import { siteLabels } from './policy-file.ts';
import { type ReleaseTemplate, recordFor } from './release-template.ts';

/** What helm calls itself. */
const fieldManager = 'helm';

/** Resolves when every release is there, and all of its pods run. */
export async function placeReleases(
  site: Site,
  context: { readonly world: World; readonly template: ReleaseTemplate; readonly signal: AbortSignal },
): Promise<void> {
  const { world, template, signal } = context;
  const { client, discovery } = world;
  await createNamespaces(site, { world, signal, labels: siteLabels(site) });
  await pMap(
    site.releases,
    async (release) => {
      for (const object of objectsOf(template.objects, release)) {
        await client.apply(await discovery.resolve(gvkOf(object), signal), object, { fieldManager, signal });
      }
      const record = await recordFor(template, release, { revision: 1, status: 'deployed' });
      await client.create(CoreResources.secrets, record, { fieldManager, signal });
    },
    { concurrency: width, signal },
  );
  await until(`the pods of ${site.releases.length} releases`, {
    signal,
    deadlineMs: deadlineFor(site),
    missing: () => world.withoutPods(site),
  });
}
