import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import { type Elector, elect, LeaseServer, Machine, type Weather } from './leader-election-world.ts';

const names = ['a', 'b', 'c'] as const;
/** In seconds. */
const longestByHand = 30;
const who = fc.nat({ max: names.length - 1 });

/** One thing that happens, some time after the one before. */
type Happening =
  | { readonly what: 'stop' | 'continue' | 'kill' | 'terminate'; readonly who: number }
  | { readonly what: 'weather'; readonly who: number; readonly latencyMs: number; readonly fault: Weather['fault'] }
  | { readonly what: 'silence'; readonly who: number; readonly isSilent: boolean }
  | { readonly what: 'touch' | 'delete' | 'empty' | 'replace' | 'clear' }
  | { readonly what: 'name'; readonly whose: number }
  | { readonly what: 'duration'; readonly seconds: number }
  | { readonly what: 'restore'; readonly back: number };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ what: fc.constantFrom('stop', 'continue', 'continue', 'kill', 'terminate'), who }),
  fc.record({
    what: fc.constant('weather' as const),
    who,
    latencyMs: fc.oneof(fc.constant(0), fc.nat({ max: 4_000 }), fc.nat({ max: 20_000 })),
    fault: fc.constantFrom(undefined, undefined, 'cut', 'deaf', 'late', 'error', 'throttled'),
  }),
  fc.record({ what: fc.constant('silence' as const), who, isSilent: fc.boolean() }),
  fc.record({ what: fc.constantFrom('touch', 'delete', 'empty', 'replace', 'clear') }),
  // somebody's who is alive, who is dead, who has led, who never has; 0: nobody's whom anybody knows
  fc.record({ what: fc.constant('name' as const), whose: fc.nat({ max: 12 }) }),
  fc.record({ what: fc.constant('duration' as const), seconds: fc.constantFrom(1, 5, longestByHand) }),
  fc.record({ what: fc.constant('restore' as const), back: fc.nat({ max: 12 }) }),
);

const story = fc.array(fc.record({ afterMs: fc.nat({ max: 9_000 }), happening }), { minLength: 5, maxLength: 40 });
const machines = fc.tuple(
  ...names.map(() =>
    fc.record({
      rate: fc.double({ min: 0.95, max: 1.05, noNaN: true }),
      wallOffsetMs: fc.integer({ min: -1e9, max: 1e9 }),
    }),
  ),
);

describe('an election among three', () => {
  it('has at most one leader at any time, whatever happens, and one again when it is over', async () => {
    await fc.assert(
      fc.asyncProperty(story, machines, fc.integer(), async (happenings, kinds, seed) => {
        const time = new ManualClock();
        const world = { time, server: new LeaseServer() };
        const all: Elector[] = [];
        const present: Elector[] = [];
        // One that was killed acts no more; one that is stopped does not either, but its clock must be right as well.
        const killed = new Set<Elector>();
        const leaders = (): Elector[] => all.filter((each) => !killed.has(each) && each.election.isLeading);
        const overlaps: string[] = [];
        let count = 0;
        const start = (index: number): void => {
          count += 1;
          let state = seed + count;
          const elector = elect(world, {
            identity: `${names[index]}-${count}`,
            machine: new Machine(world.time, kinds[index]),
            onStartedLeading: () => {
              const others = leaders().filter((each) => each !== elector);
              overlaps.push(...others.map(({ election }) => election.identity));
            },
            random: () => {
              state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
              return state / 2 ** 32;
            },
          });
          present[index] = elector;
          all.push(elector);
        };
        const pass = async (ms: number): Promise<void> => {
          for (let rest = ms; rest > 0; rest -= 250) {
            await world.time.advance(Math.min(rest, 250));
            overlaps.push(
              ...leaders()
                .slice(1)
                .map(({ election }) => election.identity),
            );
            expect(overlaps).toEqual([]);
          }
        };
        for (const index of names.keys()) start(index);
        for (const { afterMs, happening: event } of happenings) {
          await pass(afterMs);
          const elector = 'who' in event ? present[event.who] : undefined;
          switch (event.what) {
            case 'stop':
              elector?.machine.stop();
              break;
            case 'continue':
              elector?.machine.continue();
              break;
            case 'kill':
              elector?.machine.stop();
              if (elector !== undefined) killed.add(elector);
              if ('who' in event) start(event.who);
              break;
            case 'terminate':
              elector?.terminate();
              if ('who' in event) start(event.who);
              break;
            case 'weather':
              if (elector !== undefined) elector.machine.weather = () => event;
              break;
            case 'silence':
              if (elector !== undefined) elector.machine.isWatchSilent = event.isSilent;
              break;
            case 'touch':
              if (world.server.current !== undefined) world.server.set({ leaseTransitions: count });
              break;
            case 'delete':
            case 'empty':
            case 'replace':
              world.server[event.what]();
              break;
            case 'clear':
              world.server.clearRenewTime();
              break;
            case 'name':
              world.server.set({ holderIdentity: all[event.whose - 1]?.election.identity ?? 'somebody' });
              break;
            case 'duration':
              world.server.set({ leaseDurationSeconds: event.seconds });
              break;
            case 'restore':
              world.server.restore(event.back);
              break;
          }
        }
        for (const elector of present) {
          elector.machine.continue();
          elector.machine.weather = () => ({ latencyMs: 0 });
          elector.machine.isWatchSilent = false;
        }
        await pass(longestByHand * 1_100 + 10_000);
        expect(leaders()).toHaveLength(1);
        for (const elector of all) {
          elector.terminate();
          elector.machine.continue();
        }
        await world.time.advance(60_000);
        await Promise.all(all.map(({ ended }) => ended));
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});
