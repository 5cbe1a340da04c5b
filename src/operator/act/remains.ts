// What a helm call that failed has left in the cluster: noted, so that whatever comes next finds it. Helm itself forgets it: an
// upgrade starts from the last revision that is deployed.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import { errorText } from '../../lib/error-text.ts';
import { parseManifest } from '../../release/manifest.ts';
import { isOurs } from '../decide/ownership.ts';
import { takeInventory } from '../observe/inventory.ts';
import { readRelease } from '../observe/release-reader.ts';
import { latestOf, type Pass, type PassContext } from '../pass.ts';
import { withOwnStatus } from '../takeover/sdk-traces.ts';

/** No more is noted than a record may name. */
const maxObjects = 2_000;

/** The inventory as the status has it now. */
export function knownInventory({ observation }: Pass, context: PassContext): readonly InventoryEntry[] {
  return withOwnStatus(latestOf(observation.resource, context)).status?.inventory ?? [];
}

/**
 * The inventory with what is there of the latest revision, whatever became of it; undefined where that adds nothing, or
 * cannot be read: it must hide no failure of helm's. An object that does not carry the release's marks is not its.
 */
export async function inventoryWithRemains(
  pass: Pass,
  context: PassContext,
): Promise<readonly InventoryEntry[] | undefined> {
  const { signal } = pass;
  try {
    const observation = await context.observer.refresh(pass.observation, signal);
    const { release, releaseNamespace, resource } = observation;
    if (release === undefined || !isOurs(observation, release)) return undefined;
    const key = { namespace: releaseNamespace, name: resource.metadata.name };
    const { client, objects } = context;
    const read = await readRelease(client, { ...key, revision: release.revision }, { signal });
    const manifest = parseManifest(read.release.manifest).slice(0, maxObjects);
    const there = await takeInventory(manifest, { client, objects, releaseNamespace, markedFor: key, signal });
    const known = knownInventory(pass, context);
    const uids = new Set(known.map(({ uid }) => uid));
    const more = there.filter(({ uid }) => !uids.has(uid)).slice(0, Math.max(0, maxObjects - known.length));
    return more.length === 0 ? undefined : [...known, ...more];
  } catch (error) {
    signal.throwIfAborted();
    context.log.warn('what helm left is not known', { key: pass.key, error: errorText(error) });
    return undefined;
  }
}
