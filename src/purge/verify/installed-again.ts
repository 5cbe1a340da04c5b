// Looking at the end whether somebody has begun a release again that was taken away: what a driver was answered says nothing of it.
import pMap from 'p-map';
import type { KubeClient } from '../../kube/client.ts';
import { listReleases } from '../../release/list-releases.ts';
import type { ReleaseKey } from '../../uninstall/uninstaller.ts';
import { verifyPace } from './verify.ts';

/** Those of which a record is stored, as `namespace/name`: one listing for each namespace. What cannot be listed is not known. */
export async function installedAgain(
  client: KubeClient,
  gone: readonly ReleaseKey[],
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const found = await pMap(
    Map.groupBy(gone, ({ namespace }) => namespace),
    async ([namespace, releases]) => {
      const stored = await listReleases(client, { namespace, signal }).catch(() => undefined);
      const names = new Set(stored?.releases.map(({ name }) => name));
      return releases.filter(({ name }) => names.has(name)).map(({ name }) => `${namespace}/${name}`);
    },
    { concurrency: verifyPace.concurrency },
  );
  return new Set(found.flat());
}
