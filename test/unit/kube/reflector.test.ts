import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListOptions, WatchOptions } from '../../../src/kube/call-options.ts';
import { ApiError, type ApiErrorCode } from '../../../src/kube/errors.ts';
import { ObjectStore, type StoreChange } from '../../../src/kube/object-store.ts';
import type { KubeList, KubeObject } from '../../../src/kube/objects.ts';
import { defaultWatchdogMs, Reflector, type ReflectorOptions } from '../../../src/kube/reflector.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { maxAttemptsPerMinute } from '../../../src/kube/watch-pace.ts';
import type { WatchEvent } from '../../../src/kube/watch-stream.ts';
import { eventually } from '../../support/eventually.ts';

/** An event, an error that is thrown there, or the milliseconds of {@link instantClock} that go by. */
type WatchStep = WatchEvent<KubeObject> | Error | number;

/** What the server does next: pages of a list or the events of a watch; an error among them is thrown there. */
type Script = {
  readonly lists?: readonly (readonly (KubeList<KubeObject> | Error)[])[];
  readonly watches?: readonly (readonly WatchStep[])[];
  readonly clock?: ReturnType<typeof instantClock>;
};

interface Asked {
  readonly verb: 'list' | 'watch';
  readonly options: ListOptions & Partial<WatchOptions>;
}

const gone = new ApiError('API_GONE', 'too old resource version', { status: 410 });
const cut = new ApiError('API_UNREACHABLE', 'the connection was lost');

function object(name: string, version: number, uid = `uid-${name}`): KubeObject {
  return { metadata: { namespace: 'a', name, uid, resourceVersion: String(version) } };
}
const page = (version: number, ...items: readonly KubeObject[]): KubeList<KubeObject> => ({
  resourceVersion: String(version),
  items,
});
const event = (type: WatchEvent<KubeObject>['type'], each: KubeObject): WatchEvent<KubeObject> => ({
  type,
  object: each,
});
const bookmark = (version: number): WatchEvent<KubeObject> =>
  event('BOOKMARK', { metadata: { resourceVersion: String(version) } } as KubeObject);

/** A server that follows a script; at its end lists fail and watches stay silent. Dials without a script are refused. */
function scripted({ lists = [], watches = [], clock }: Script): {
  client: ReflectorOptions<KubeObject>['client'];
  asked: Asked[];
  renewals: number[];
} {
  const renewals: number[] = [];
  const asked: Asked[] = [];
  const [listsLeft, watchesLeft] = [[...lists], [...watches]];
  const silence = (signal: AbortSignal | undefined): Promise<never> =>
    new Promise((_resolve, reject) => {
      const abort = (): void => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort, { once: true });
    });
  const client = {
    renewSockets: () => renewals.push(asked.length),
    async *pages(_resource: unknown, options: ListOptions = {}) {
      asked.push({ verb: 'list', options });
      for (const each of listsLeft.shift() ?? [cut]) {
        if (each instanceof Error) throw each;
        yield each;
      }
    },
    async watch(_resource: unknown, options: WatchOptions) {
      asked.push({ verb: 'watch', options });
      const events = watchesLeft.shift();
      if (events?.[0] instanceof Error && events.length === 1) throw events[0];
      return (async function* () {
        for (const each of events ?? []) {
          if (each instanceof Error) throw each;
          if (typeof each === 'number') clock?.advance(each);
          else yield each;
        }
        if (events === undefined) await silence(options.signal);
      })();
    },
  };
  return { client: client as unknown as ReflectorOptions<KubeObject>['client'], asked, renewals };
}

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

function start(script: Script, change: Partial<ReflectorOptions<KubeObject>> = {}) {
  const { client, asked, renewals } = scripted(script);
  const store = new ObjectStore<KubeObject>();
  const changes: string[] = [];
  const errors: unknown[] = [];
  const controller = new AbortController();
  const reflector = new Reflector<KubeObject>({
    client,
    resource: CoreResources.configMaps,
    store,
    random: () => 0,
    ...(script.clock === undefined ? {} : { clock: script.clock }),
    onChange: (each) => changes.push(describeChange(each)),
    onError: (error) => errors.push(error),
    ...change,
  });
  const ended = reflector.run(controller.signal);
  stops.push(async () => {
    controller.abort(new Error('stopped by the test'));
    await ended;
  });
  return { store, changes, errors, asked, renewals, reflector, signal: controller.signal };
}

/** `+name@uid`, `~name@uid`, `-name@uid`; a change from one object to another would show both. */
function describeChange({ before, after }: StoreChange<KubeObject>): string {
  const sign = before === undefined ? '+' : after === undefined ? '-' : '~';
  const uids = new Set([before?.metadata.uid, after?.metadata.uid].filter((uid) => uid !== undefined));
  return `${sign}${(after ?? before)?.metadata.name}@${[...uids].join('→')}`;
}

describe('a reflector’s list', () => {
  it('is consistent, in pages, never repeated behind its back, with all that narrows it', async () => {
    const { asked, reflector } = start(
      { lists: [[page(5)]] },
      { namespace: 'a', labelSelector: 'l=1', fieldSelector: 'metadata.name=x', isMetadataOnly: true },
    );
    await reflector.synced;
    await eventually(() => asked.length).toBe(2);
    const narrowed = { namespace: 'a', labelSelector: 'l=1', fieldSelector: 'metadata.name=x', isMetadataOnly: true };
    expect(asked[0]?.options).toMatchObject({ ...narrowed, isRepeated: false });
    expect(asked[0]?.options).not.toHaveProperty('resourceVersion');
    expect(asked[1]?.options).toMatchObject({ ...narrowed, resourceVersion: '5' });
  });

  it('that loses its token between pages is asked for whole; what went meanwhile is noticed', async () => {
    const { changes, asked, store, reflector } = start({
      lists: [[page(5, object('x', 3), object('y', 4)), gone], [page(9, object('y', 4), object('z', 8))]],
    });
    await reflector.synced;
    expect(asked.map(({ options }) => options.pageSize)).toEqual([undefined, 0]);
    expect(changes).toEqual(['+x@uid-x', '+y@uid-y', '+z@uid-z', '-x@uid-x']);
    expect(store.size).toBe(2);
  });

  it('after a gap tells of differences alone', async () => {
    const { changes } = start({
      lists: [
        [page(5, object('same', 1), object('changed', 2), object('went', 3), object('again', 4, 'first'))],
        [page(9, object('same', 1), object('changed', 6), object('again', 8, 'second'), object('came', 9))],
      ],
      watches: [[gone]],
    });
    await eventually(() => changes.slice(4)).toEqual([
      '~changed@uid-changed',
      '-again@first',
      '+again@second',
      '+came@uid-came',
      '-went@uid-went',
    ]);
  });

  it('does not take back what was written after it', async () => {
    const store = new ObjectStore<KubeObject>();
    store.remember(object('x', 12));
    const { reflector } = start({ lists: [[page(10, object('x', 3))]] }, { store });
    await reflector.synced;
    expect(store.get('a/x')?.metadata.resourceVersion).toBe('12');
  });

  it('that goes back in time is the truth: etcd was restored', async () => {
    const { store, changes } = start({
      lists: [[page(50, object('x', 40), object('lost', 45))], [page(20, object('x', 10), object('y', 15))]],
      watches: [[event('ADDED', object('y', 60)), event('DELETED', object('y', 61)), gone]],
    });
    await eventually(() => [...store.values()].map((each) => each.metadata.resourceVersion)).toEqual(['10', '15']);
    expect(changes.slice(-3)).toEqual(['~x@uid-x', '+y@uid-y', '-lost@uid-lost']);
  });

  it('that goes back in time is told when it is complete, however often it fails before', async () => {
    const unavailable = new ApiError('API_SERVER_ERROR', 'unavailable', { status: 503 });
    const first = page(20, object('x', 10), object('again', 11, 'first'));
    const { store, changes, errors } = start({
      lists: [
        [page(50, object('x', 40), object('y', 41), object('again', 42, 'second'))],
        [first, unavailable],
        [first, unavailable],
        [first, page(20, object('y', 12))],
      ],
      watches: [[gone]],
    });
    await eventually(() => changes.slice(3)).toEqual(['~x@uid-x', '-again@second', '+again@first', '~y@uid-y']);
    expect(errors).toEqual([gone, unavailable, unavailable]);
    expect([...store.values()].map((each) => each.metadata.resourceVersion)).toEqual(['10', '12', '11']);
  });
});

describe('a reflector’s watch', () => {
  const lists = [[page(5)], [page(20)]];
  const versions = (asked: readonly Asked[]): (string | undefined)[] =>
    asked.map(({ verb, options }) => (verb === 'list' ? 'list' : options.resourceVersion));

  it.each<[string, readonly WatchStep[], readonly string[]]>([
    ['after a cut from the last event', [event('ADDED', object('x', 7)), cut], ['list', '5', '7']],
    ['after a cut from the last bookmark', [bookmark(9), cut], ['list', '5', '9']],
    ['after its end from the last event', [event('ADDED', object('x', 7))], ['list', '5', '7']],
    ['with a list after it ended at once and had told of nothing', [], ['list', '5', 'list', '20']],
    ['from the newest version, when a bookmark comes late', [bookmark(9), bookmark(8), cut], ['list', '5', '9']],
    ['from the newest version, when an event comes twice', [bookmark(9), bookmark(6), cut], ['list', '5', '9']],
    ['with a list after 410', [event('ADDED', object('x', 7)), gone], ['list', '5', 'list', '20']],
    ['with a list when it is told 410 as it dials', [gone], ['list', '5', 'list', '20']],
    [
      'with a list after any other error event',
      [bookmark(7), new ApiError('API_SERVER_ERROR', 'etcd', { status: 500 })],
      ['list', '5', 'list', '20'],
    ],
    [
      'with a list after an answer that is no event',
      [bookmark(7), new ApiError('API_BAD_ANSWER', 'not JSON')],
      ['list', '5', 'list', '20'],
    ],
    [
      'where it was when the dial is refused by a 5xx',
      [new ApiError('API_SERVER_ERROR', 'overloaded', { status: 503 })],
      ['list', '5', '5'],
    ],
    ['where it was after 429', [new ApiError('API_TOO_MANY_REQUESTS', 'slow down')], ['list', '5', '5']],
  ])('goes on %s', async (_name, events, expected) => {
    const { asked } = start({ lists, watches: [events] });
    await eventually(() => versions(asked)).toEqual(expected);
  });

  it('tells of an object and its successor of the same name as of two', async () => {
    const { changes } = start({
      lists,
      watches: [
        [
          event('ADDED', object('x', 6, 'first')),
          event('DELETED', object('x', 7, 'first')),
          event('ADDED', object('x', 8, 'second')),
          event('ADDED', object('x', 10, 'third')), // its predecessor's end was lost
          event('DELETED', object('x', 9, 'second')), // and comes late
        ],
      ],
    });
    await eventually(() => changes).toEqual(['+x@first', '-x@first', '+x@second', '-x@second', '+x@third']);
  });

  it('tells once of events that come twice', async () => {
    const twice = [event('ADDED', object('x', 6)), event('MODIFIED', object('x', 7))].flatMap((each) => [each, each]);
    const end = event('DELETED', object('x', 8));
    const { changes } = start({ lists, watches: [[...twice, end, end, event('ADDED', object('y', 9))]] });
    await eventually(() => changes).toEqual(['+x@uid-x', '~x@uid-x', '-x@uid-x', '+y@uid-y']);
  });

  it('that is idle, and ended by the server after some minutes, costs no list', async () => {
    const minutes = Array.from({ length: 9 }, (_each, index) => [60_000, bookmark(6 + index)]).flat();
    const { asked, errors } = start({ lists, watches: [minutes], clock: instantClock() });
    await eventually(() => versions(asked)).toEqual(['list', '5', '14']);
    expect(errors).toEqual([]);
  });

  it('that ended at once and had told of nothing is a failure, and told', async () => {
    const { errors, reflector } = start({ lists, watches: [[999]], clock: instantClock() });
    await reflector.synced;
    await eventually(() => errors).toMatchObject([
      {
        code: 'API_BAD_ANSWER',
        message: 'cannot watch configmaps: the server ended it at once, and told of nothing',
      },
    ]);
  });

  it('that could be dialled was not heard for that: a list follows where one after the other tells of nothing', async () => {
    const clock = instantClock();
    const silences: number[] = [];
    const running = start(
      { lists, watches: [[30_000], [30_000, cut], [30_000], [30_000]], clock },
      {
        onDial: (verb) => {
          if (verb === 'watch') silences.push(clock.monotonic() - (running.reflector.lastHeardMs ?? 0));
        },
      },
    );
    const { asked } = running;
    await eventually(() => versions(asked)).toEqual(['list', '5', '5', '5', 'list', '20', '20']);
    expect(silences).toEqual([0, 30_000, 60_250, 0, 30_000]);
  });

  it('that is silent for too long is dialled again on new sockets, after a list', async () => {
    const { asked, errors, renewals } = start({ lists, watches: [] }, { watchdogMs: 30 });
    await eventually(() => versions(asked).slice(0, 4)).toEqual(['list', '5', 'list', '20']);
    expect(errors[0]).toMatchObject({ code: 'API_TIMEOUT', message: expect.stringContaining('silent for 0.03 s') });
    expect(renewals.slice(0, 1)).toEqual([2]); // on sockets that are not as dead
  });
});

describe('whoever follows', () => {
  const script: Script = {
    lists: [[page(5, object('x', 1))]],
    watches: [[event('ADDED', object('bad', 6)), event('ADDED', object('y', 7))]],
  };
  const failure = new Error('my own fault');

  it('may throw, and is called again for the next change', async () => {
    const seen: string[] = [];
    const { asked, errors, store } = start(script, {
      onChange: ({ key }) => {
        seen.push(key);
        throw failure;
      },
    });
    await eventually(() => seen).toEqual(['a/x', 'a/bad', 'a/y']);
    expect(errors.slice(0, 3)).toEqual([failure, failure, failure]);
    expect(store.size).toBe(3);
    await eventually(() => asked.filter(({ verb }) => verb === 'list').length).toBe(1);
  });

  it('may throw when told so, too', async () => {
    const { store } = start(
      { ...script, watches: [[cut], ...(script.watches ?? [])] },
      {
        onError: () => {
          throw failure;
        },
        onDial: () => {
          throw failure;
        },
      },
    );
    await eventually(() => store.size).toBe(3);
  });

  it('may fail to strip an object: it is left out, and the next is taken', async () => {
    const { errors, store } = start(script, {
      strip: (each) => {
        if (each.metadata.name === 'bad') throw failure;
        return each;
      },
    });
    await eventually(() => [...store.keys()]).toEqual(['a/x', 'a/y']);
    expect(errors).toContain(failure);
  });
});

describe('a reflector in trouble', () => {
  it('leaves no listener behind, however often it dials', async () => {
    const watches = Array.from({ length: 50 }, () => [bookmark(6)]);
    const { asked, signal } = start({ lists: [[page(5)]], watches }, { clock: instantClock() });
    await eventually(() => asked.length).toBe(52);
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
  });

  it('keeps to its bound of attempts a minute, whatever the server does', async () => {
    const codes: readonly ApiErrorCode[] = ['API_UNREACHABLE', 'API_GONE', 'API_SERVER_ERROR', 'API_TOO_MANY_REQUESTS'];
    const fault = fc.constantFrom(...codes);
    const step = fc.record({
      list: fc.option(fault, { freq: 2 }),
      dial: fc.option(fault, { freq: 2 }),
      isSilent: fc.boolean(),
      standsMs: fc.oneof(fc.nat(20_000), fc.constantFrom(0, 999, 1_000, 9_999, 10_000, 10_001)),
      end: fc.option(fault, { freq: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        async (steps, random) => {
          const { attempts } = await attemptsOf(steps, random);
          const busiest = Math.max(
            ...attempts.map((from) => attempts.filter((at) => at >= from && at < from + 60_000).length),
          );
          expect(busiest).toBeLessThanOrEqual(maxAttemptsPerMinute);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('lists again before its copy is called stale, where watches tell of nothing, however they end', async () => {
    const end = fc.constantFrom<ApiErrorCode>('API_UNREACHABLE', 'API_GONE', 'API_SERVER_ERROR', 'API_BAD_ANSWER');
    const step = fc.record({
      list: fc.constant(null),
      dial: fc.option(fc.constant<ApiErrorCode>('API_UNREACHABLE'), { freq: 2 }),
      isSilent: fc.constant(true),
      standsMs: fc.nat(60_000),
      end: fc.option(end, { freq: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const { lists } = await attemptsOf(steps, 0);
        const gaps = lists.slice(1).map((atMs, index) => atMs - (lists[index] ?? 0));
        expect(Math.max(...gaps)).toBeLessThan(defaultWatchdogMs + 30_000);
        expect(lists.length).toBeGreaterThanOrEqual(4); // in ten minutes
      }),
      { numRuns: 300 },
    );
  });
});

/** A clock on which every wait is over at once. */
function instantClock() {
  let nowMs = 0;
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
    sleep: (ms: number): Promise<void> => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
}

interface Step {
  readonly list: ApiErrorCode | null;
  readonly dial: ApiErrorCode | null;
  readonly isSilent: boolean;
  readonly standsMs: number;
  readonly end: ApiErrorCode | null;
}

/** Ten minutes with a server that goes round in `steps`: when each attempt began, and each list, in ms. */
async function attemptsOf(steps: readonly Step[], random: number): Promise<Record<'attempts' | 'lists', number[]>> {
  const clock = instantClock();
  const controller = new AbortController();
  const attempts: number[] = [];
  const lists: number[] = [];
  let index = 0;
  let hasListed = false;
  const begin = (): Step => {
    attempts.push(clock.monotonic());
    if (clock.monotonic() > 600_000) controller.abort(new Error('the end'));
    return steps[index++ % steps.length] as Step;
  };
  let current: Step | undefined;
  const fail = (code: ApiErrorCode | null): void => {
    if (code !== null) throw new ApiError(code, code);
  };
  const client = {
    async *pages() {
      current = begin();
      lists.push(clock.monotonic());
      hasListed = true;
      fail(current.list);
      yield page(5);
    },
    async watch() {
      const now = hasListed && current !== undefined ? current : begin();
      hasListed = false;
      current = undefined;
      fail(now.dial);
      return (async function* () {
        if (!now.isSilent) yield bookmark(6);
        clock.advance(now.standsMs);
        fail(now.end);
      })();
    },
  };
  await new Reflector<KubeObject>({
    client: client as unknown as ReflectorOptions<KubeObject>['client'],
    resource: CoreResources.configMaps,
    store: new ObjectStore<KubeObject>(),
    clock,
    random: () => random,
  }).run(controller.signal);
  return { attempts, lists };
}
