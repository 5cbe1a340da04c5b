// What a helm call that failed has left in the cluster: noted, so that whatever comes next finds it. Helm itself forgets it: an
// upgrade starts from the last revision that is deployed.
import type { InventoryEntry } from '../../api/v1alpha1/watched-status.ts';
import { isApiError } from '../../kube/errors.ts';
import { errorText } from '../../lib/error-text.ts';
import { RecordError } from '../../release/decode.ts';
import { parseManifest } from '../../release/manifest.ts';
import { type AllowedKind, isAllowedKind } from '../../uninstall/record-trust.ts';
import { helmGraceMs } from '../decide/lock.ts';
import { isOurs } from '../decide/ownership.ts';
import { takeInventory } from '../observe/inventory.ts';
import { readRelease } from '../observe/release-reader.ts';
import { latestOf, type Pass, type PassContext, writeStatus } from '../pass.ts';
import { verdictInFlight } from '../status/verdict.ts';
import { withOwnStatus } from '../takeover/sdk-traces.ts';

/** No more is noted than a record may name. */
const maxObjects = 2_000;

/** How far back is looked; helm keeps ten by default. */
const maxRevisions = 10;

/** The inventory as the status has it now. */
export function knownInventory({ observation }: Pass, context: PassContext): readonly InventoryEntry[] {
  return withOwnStatus(latestOf(observation.resource, context)).status?.inventory ?? [];
}

/** Which revisions are looked at. */
interface RemainsOptions {
  /**
   * Whether earlier revisions count too, back to the one that the status has. Who wrote their records is not known: outside
   * of the release's namespace only objects of the allowed kinds are taken in. Default false.
   */
  readonly hasEarlier?: boolean;
}

/** What records tell beyond the status. */
interface Remains {
  /** What is there and not in the inventory. */
  readonly more: readonly InventoryEntry[];
  /** Whether nothing else can be there: each revision was read, from the one on that the status has. */
  readonly isComplete: boolean;
}

const nothingRead: Remains = { more: [], isComplete: false };

/**
 * The inventory with what is there of the latest revision, whatever became of it; undefined where that adds nothing, or
 * cannot be read: it must hide no failure of helm's. An object that does not carry the release's marks is not its.
 */
export async function inventoryWithRemains(
  pass: Pass,
  context: PassContext,
  options: RemainsOptions = {},
): Promise<readonly InventoryEntry[] | undefined> {
  const { more } = await remainsOf(pass, context, options);
  return more.length === 0 ? undefined : [...knownInventory(pass, context), ...more];
}

async function remainsOf(pass: Pass, context: PassContext, options: RemainsOptions): Promise<Remains> {
  const { signal } = pass;
  try {
    const observation = await context.observer.refresh(pass.observation, signal);
    const { release, resource } = observation;
    if (release === undefined || !isOurs(observation, release)) return nothingRead;
    const known = knownInventory(pass, context);
    const uids = new Set(known.map(({ uid }) => uid));
    const more: InventoryEntry[] = [];
    const noted = resource.status?.release?.revision ?? 0;
    const { revision: latest } = release;
    const first = options.hasEarlier === true && noted < latest ? Math.max(noted + 1, latest - maxRevisions) : latest;
    let isComplete = first <= noted + 1;
    for (let revision = first; revision <= latest; revision += 1) {
      const objects = await objectsOf(pass, revision, context);
      if (objects === undefined) isComplete = false;
      for (const entry of objects ?? []) {
        const isAllowed = options.hasEarlier !== true || isWithinReach(entry, pass);
        if (isAllowed && !uids.has(entry.uid) && uids.size < maxObjects) more.push(entry);
        uids.add(entry.uid);
      }
    }
    return { more, isComplete };
  } catch (error) {
    signal.throwIfAborted();
    context.log.warn('what helm left is not known', { key: pass.key, error: errorText(error) });
    return nothingRead;
  }
}

/** The kinds of which the release may have objects outside of its namespace (DESIGN.md O7). */
export function allowedKindsOf({ observation }: Pass): readonly AllowedKind[] {
  const { resource, entry } = observation;
  return [...(resource.status?.inventory ?? []).map(({ group, kind }) => ({ group, kind })), ...entry.chart.kinds];
}

function isWithinReach(entry: InventoryEntry, pass: Pass): boolean {
  return entry.namespace === pass.observation.releaseNamespace || isAllowedKind(entry, allowedKindsOf(pass));
}

/** Writes it down before anything else is done: after the next revision nobody could tell. */
export async function noteRemains(pass: Pass, context: PassContext): Promise<void> {
  const inventory = await inventoryWithRemains(pass, context, { hasEarlier: true });
  if (inventory === undefined) return;
  const { timeoutMs } = pass.observation.settings;
  const verdict = verdictInFlight(pass.decision, { atMostMs: timeoutMs + helmGraceMs });
  await writeStatus(pass, { verdict, inventory }, context);
}

/** A pass that knows what there is, as far as that can be known. */
export interface PassWithRemains {
  readonly pass: Pass;
  /** Whether its inventory is all that the release can have. */
  readonly isComplete: boolean;
}

/** The pass with an inventory that a crash, or a status that was lost, has kept nothing from, as far as records tell. */
export async function withRemains(pass: Pass, context: PassContext): Promise<PassWithRemains> {
  const { observation } = pass;
  const { more, isComplete } = await remainsOf(pass, context, { hasEarlier: true });
  const inventory = [...knownInventory(pass, context), ...more];
  const resource = { ...observation.resource, status: { ...observation.resource.status, inventory } };
  return { pass: { ...pass, observation: { ...observation, resource } }, isComplete };
}

/** What is there of a revision, and carries the release's marks; undefined where its record cannot be read. */
async function objectsOf(
  pass: Pass,
  revision: number,
  context: PassContext,
): Promise<readonly InventoryEntry[] | undefined> {
  const { observation, signal } = pass;
  const { client, objects } = context;
  const key = context.observer.releaseOf(observation.resource);
  try {
    const { release } = await readRelease(client, { ...key, revision }, { signal });
    const manifest = parseManifest(release.manifest).slice(0, maxObjects);
    return await takeInventory(manifest, { client, objects, releaseNamespace: key.namespace, markedFor: key, signal });
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    if (isApiError(error, 'API_NOT_FOUND')) return []; // helm keeps so many, and this one no more
    throw error;
  }
}
