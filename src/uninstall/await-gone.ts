// Waiting until objects are gone: an uninstall in the foreground.
import pMap from 'p-map';
import type { KubeClient } from '../kube/client.ts';
import type { RequestGate } from '../kube/http.ts';
import type { Clock } from '../lib/clock.ts';
import type { LiveObject } from './prove-release.ts';

/** What it waits with. */
export interface AwaitGoneOptions {
  readonly client: KubeClient;
  readonly limit: RequestGate;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** From one look to the next, in milliseconds: most objects go at once, few take their time. */
const firstPauseMs = 50;
const maxPauseMs = 1_000;

/** Objects of one release that are looked at at once. */
const concurrency = 8;

/** Resolves when none of them is there any more; another one of the same name is none. @throws ApiError; the signal's reason */
export async function awaitGone(objects: readonly LiveObject[], options: AwaitGoneOptions): Promise<void> {
  const { clock, signal } = options;
  let left = objects;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, maxPauseMs)) {
    const there = await pMap(left, (one) => isThere(one, options), { concurrency, signal });
    left = left.filter((_one, index) => there[index]);
    if (left.length === 0) return;
    await clock.sleep(pauseMs, signal);
  }
}

async function isThere({ resource, meta }: LiveObject, { client, limit, signal }: AwaitGoneOptions): Promise<boolean> {
  const { name, namespace, uid } = meta;
  const found = await limit(() => client.find(resource, { name, namespace, isMetadataOnly: true, signal }));
  return found?.metadata.uid === uid;
}
