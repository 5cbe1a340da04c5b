import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListOptions, WatchOptions } from '../../../src/kube/call-options.ts';
import { ApiError } from '../../../src/kube/errors.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { CoreResources, type Resource } from '../../../src/kube/resource.ts';
import type { WatchTarget } from '../../../src/kube/shared-watch.ts';
import { maxDialling, WatchHub, type WatchHubOptions, type WatchObservation } from '../../../src/kube/watch-hub.ts';
import type { WatchEvent } from '../../../src/kube/watch-stream.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';

const { configMaps, namespaces } = CoreResources;

function object(name: string, namespace = 'a', version = 1): KubeObject {
  return { metadata: { namespace, name, uid: `uid-${name}`, resourceVersion: String(version) } };
}

/** Objects that all lists show, and watches that events can be sent to. */
class Server {
  readonly objects: KubeObject[] = [];
  readonly asked: string[] = [];
  isDown = false;
  /** Whether requests wait for {@link Server.release}. */
  isHolding = false;
  held: (() => void)[] = [];
  readonly #open = new Set<(event: WatchEvent<KubeObject>) => void>();

  get openWatches(): number {
    return this.#open.size;
  }

  send(type: WatchEvent<KubeObject>['type'], each: KubeObject): void {
    for (const push of this.#open) push({ type, object: each });
  }

  release(): void {
    for (const each of this.held.splice(0)) each();
  }

  readonly client = {
    renewSockets: () => undefined,
    pages: (resource: Resource, options: ListOptions) => this.#pages(resource, options),
    watch: (resource: Resource, options: WatchOptions) => this.#watch(resource, options),
  } as unknown as WatchHubOptions['client'];

  async *#pages(resource: Resource, options: ListOptions) {
    await this.#note('list', resource, options);
    const items = this.objects.filter(
      ({ metadata }) => options.namespace === undefined || metadata.namespace === options.namespace,
    );
    yield { resourceVersion: '5', items };
  }

  async #watch(resource: Resource, options: WatchOptions) {
    await this.#note('watch', resource, options);
    const queue: WatchEvent<KubeObject>[] = [];
    let wake = Promise.withResolvers<void>();
    const push = (event: WatchEvent<KubeObject>): void => {
      queue.push(event);
      wake.resolve();
    };
    this.#open.add(push);
    options.signal?.addEventListener('abort', () => wake.reject(new Error('aborted')), { once: true });
    const open = this.#open;
    return (async function* () {
      try {
        for (;;) {
          await wake.promise;
          wake = Promise.withResolvers();
          yield* queue.splice(0);
        }
      } finally {
        open.delete(push);
      }
    })();
  }

  async #note(verb: string, resource: Resource, options: ListOptions): Promise<void> {
    this.asked.push([verb, resource.plural, options.namespace, options.labelSelector].filter(Boolean).join(' '));
    if (this.isDown) throw new ApiError('API_UNREACHABLE', 'refused');
    if (this.isHolding) await new Promise<void>((resolve) => this.held.push(resolve));
    options.signal?.throwIfAborted();
  }
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function start(change: Partial<WatchHubOptions> = {}) {
  const server = new Server();
  const controller = new AbortController();
  const observed: WatchObservation[] = [];
  const hub = new WatchHub({
    client: server.client,
    signal: controller.signal,
    observe: (each) => observed.push(each),
    ...change,
  });
  stops.push(async () => {
    controller.abort(new Error('stopped by the test'));
    await hub.stopped();
  });
  const follow = (target: Partial<WatchTarget<KubeObject>> = {}) => {
    const changes: string[] = [];
    const errors: unknown[] = [];
    const following = hub.follow<KubeObject>(
      { resource: configMaps, ...target },
      {
        onChange: ({ key, before, after }) =>
          changes.push(`${before === undefined ? '+' : after === undefined ? '-' : '~'}${key}`),
        onError: (error) => errors.push(error),
      },
    );
    return { ...following, changes, errors };
  };
  return { server, hub, follow, observed, signal: controller.signal };
}

describe('a hub', () => {
  it('has one watch for all who ask for the same, and tells each of every change', async () => {
    const { server, follow } = start();
    server.objects.push(object('x'));
    const [first, second] = [follow(), follow()];
    await first.synced;
    await eventually(() => server.openWatches).toBe(1);
    server.send('ADDED', object('y', 'a', 6));
    server.send('DELETED', object('x', 'a', 7));
    for (const { changes } of [first, second]) await eventually(() => changes).toEqual(['+a/x', '+a/y', '-a/x']);
    expect(second.store).toBe(first.store);
    expect(server.asked).toEqual(['list configmaps', 'watch configmaps']);
  });

  it('tells who comes later of what is there, once follow has returned', async () => {
    const { server, follow } = start();
    server.objects.push(object('x'), object('y'));
    await follow().synced;
    const late = follow();
    expect(late.changes).toEqual([]);
    expect(late.hasSynced).toBe(true);
    server.send('ADDED', object('z', 'a', 6));
    await eventually(() => late.changes).toEqual(['+a/x', '+a/y', '+a/z']);
  });

  it.each<[string, Partial<WatchTarget<KubeObject>>]>([
    ['another kind', { resource: namespaces }],
    ['another namespace', { namespaces: ['b'] }],
    ['another label selector', { labelSelector: 'l=1' }],
    ['another field selector', { fieldSelector: 'metadata.name=x' }],
    ['metadata alone', { isMetadataOnly: true }],
    ['objects that are stripped', { strip: (each) => each }],
  ])('has a watch of its own for %s', async (_name, target) => {
    const { server, follow } = start();
    const [one, other] = [follow(target), follow()];
    expect(one.store).not.toBe(other.store);
    await Promise.all([one.synced, other.synced]);
    expect(server.asked.filter((each) => each.startsWith('list'))).toHaveLength(2);
  });

  it('has one for the same namespaces, in whatever order, and none twice for all of them', async () => {
    const { server, follow } = start();
    const strip = (each: KubeObject): KubeObject => each;
    const following = follow({ namespaces: ['b', 'a', 'b'], strip });
    expect(following.store).toBe(follow({ namespaces: ['a', 'b'], strip }).store);
    await following.synced;
    expect(server.asked.slice(0, 2)).toEqual(['list configmaps a', 'list configmaps b']);
    await eventually(() => server.openWatches).toBe(2);
    expect(server.asked).toHaveLength(4);
    expect(follow({ namespaces: [] }).store).toBe(follow({ namespaces: ['a', undefined] }).store);
    expect(follow({ resource: namespaces, namespaces: ['a'] }).store).toBe(follow({ resource: namespaces }).store);
  });

  it('shares one store between many namespaces, and is synced when all of them are', async () => {
    const { server, follow, hub } = start();
    server.objects.push(object('x', 'a'), object('y', 'b'), object('z', 'c'));
    const { synced, store, changes } = follow({ namespaces: ['a', 'b'] });
    await synced;
    expect([...store.keys()]).toEqual(['a/x', 'b/y']);
    expect(hub.watches()).toMatchObject([{ namespace: 'a' }, { namespace: 'b' }]);
    expect(changes).toEqual(['+a/x', '+b/y']);
  });

  it('lets so many list or dial at the same time, and is synced when all have had their turn', async () => {
    const { server, follow, hub } = start();
    server.isHolding = true;
    const namespaces = Array.from({ length: 2 * maxDialling + 1 }, (_each, index) => `ns-${String(index)}`);
    const following = follow({ namespaces });
    await eventually(() => server.held).toHaveLength(maxDialling); // their lists
    server.release();
    await eventually(() => server.held).toHaveLength(maxDialling); // their watches, which stand from now on
    expect([server.openWatches, following.hasSynced]).toEqual([0, false]);
    server.release();
    await eventually(() => [server.openWatches, server.held.length]).toEqual([maxDialling, maxDialling]);
    server.isHolding = false;
    server.release();
    await following.synced;
    await eventually(() => server.openWatches).toBe(namespaces.length);
    expect(server.asked).toHaveLength(2 * namespaces.length);
    expect(hub.watches().every(({ hasSynced }) => hasSynced)).toBe(true);
  });

  it('gives the place of a dial that failed, or was given up, to another', async () => {
    const { server, follow } = start();
    const namespaces = Array.from({ length: maxDialling }, (_each, index) => `ns-${String(index)}`);
    server.isDown = true;
    const failing = follow({ namespaces });
    await eventually(() => failing.errors.length).toBeGreaterThanOrEqual(maxDialling);
    server.isDown = false;
    server.isHolding = true;
    await eventually(() => server.held).toHaveLength(maxDialling);
    const late = follow({ namespaces: ['late'] });
    failing.stop();
    server.isHolding = false;
    server.release();
    await late.synced;
  });

  it('ends a watch with its last share, and begins anew for who comes after', async () => {
    const { server, follow, hub } = start();
    const [first, second] = [follow(), follow()];
    await eventually(() => server.openWatches).toBe(1);
    first.stop();
    first.stop();
    server.send('ADDED', object('x', 'a', 6));
    await eventually(() => second.changes).toEqual(['+a/x']);
    expect(first.changes).toEqual([]);
    second.stop();
    await hub.stopped();
    expect([server.openWatches, hub.watches()]).toEqual([0, []]);
    const third = follow();
    await third.synced;
    expect(third.store).not.toBe(first.store);
  });

  it('ends everything with its signal, and leaves no listener', async () => {
    const { server, follow, hub, signal } = start();
    const first = follow();
    follow({ resource: namespaces });
    await first.synced;
    await eventually(() => server.openWatches).toBe(2);
    await Promise.all(stops.splice(0).map((stop) => stop()));
    await hub.stopped();
    expect(server.openWatches).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('goes on telling others when one throws', async () => {
    const { server, hub, follow } = start();
    server.objects.push(object('x'), object('y'));
    const errors: unknown[] = [];
    const failure = new Error('my own fault');
    hub.follow<KubeObject>(
      { resource: configMaps },
      {
        onChange: () => {
          throw failure;
        },
        onError: (error) => {
          errors.push(error);
          throw error;
        },
      },
    );
    const other = follow();
    await eventually(() => other.changes).toEqual(['+a/x', '+a/y']);
    expect(errors).toEqual([failure, failure]);
  });

  it('tells who stops in the middle of it nothing more', async () => {
    const { server, hub, follow } = start();
    server.objects.push(object('x'), object('y'));
    await follow().synced;
    const seen: string[] = [];
    const following = hub.follow<KubeObject>(
      { resource: configMaps },
      {
        onChange: ({ key }) => {
          seen.push(key);
          following.stop();
        },
      },
    );
    await eventually(() => seen).toEqual(['a/x']);
  });
});

describe('what a hub tells probes and metrics', () => {
  it('is whether each watch has synced and was heard of late', async () => {
    let nowMs = 1_000;
    const clock = { ...systemClock, monotonic: () => nowMs };
    const { server, follow, hub } = start({ clock, watchdogMs: 100_000 });
    server.objects.push(object('x'));
    const { synced } = follow({ labelSelector: 'l=1' });
    const following = hub.follow<KubeObject>({ resource: configMaps, labelSelector: 'l=1' });
    expect(following.isFresh()).toBe(false);
    expect(hub.watches()).toMatchObject([{ hasSynced: false, isFresh: false, silentMs: undefined, objects: 0 }]);
    await synced;
    await eventually(() => server.openWatches).toBe(1);
    nowMs += 130_000;
    const status = { resource: configMaps, labelSelector: 'l=1', hasSynced: true, objects: 1 };
    expect(hub.watches()).toMatchObject([{ ...status, silentMs: 130_000, isFresh: true }]);
    expect(following.isFresh()).toBe(true);
    nowMs += 1;
    expect(hub.watches()).toMatchObject([{ ...status, isFresh: false }]);
    expect(following.isFresh()).toBe(false);
    server.send('BOOKMARK', object('', '', 9));
    await eventually(() => hub.watches()).toMatchObject([{ ...status, silentMs: 0, isFresh: true }]);
  });

  it('is what was dialled and what failed', async () => {
    const { server, follow, observed } = start();
    server.isDown = true;
    const { errors, synced } = follow();
    await eventually(() => errors).toMatchObject([{ code: 'API_UNREACHABLE' }]);
    server.isDown = false;
    await synced;
    await eventually(() => observed).toMatchObject([
      { kind: 'dialled', verb: 'list', resource: configMaps },
      { kind: 'failed', error: { code: 'API_UNREACHABLE' } },
      { kind: 'dialled', verb: 'list' },
      { kind: 'dialled', verb: 'watch' },
    ]);
  });
});
