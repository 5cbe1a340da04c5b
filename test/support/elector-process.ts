// A replica as a process: it stands for election, and tries to write to a ConfigMap all the time. What it does is
// appended to a log, at once, so that a killed process leaves it behind; times are CLOCK_MONOTONIC, one clock for all processes.
import { openSync, writeSync } from 'node:fs';
import { LeaderElection } from '../../src/kube/leader-election.ts';
import { LeaseLostError } from '../../src/kube/leader-term.ts';
import { KubeLease, type Lease, type LeaseSpec, type LeaseStore } from '../../src/kube/lease.ts';
import { openClient } from '../../src/kube/open-client.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { systemClock } from '../../src/lib/clock.ts';

/** The process' only argument, as JSON. */
export interface ElectorArguments {
  readonly kubeconfig: string;
  readonly homeDir: string;
  readonly namespace: string;
  readonly lease: string;
  readonly configMap: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly actEveryMs: number;
  readonly log: string;
}

/** A line of the log. */
export type ElectorLine =
  /** Another holder is seen. */
  | { readonly what: 'holder'; readonly atNs: string; readonly holder: string | undefined }
  /** A term begins; how many acts the fence has refused since the last one. */
  | { readonly what: 'started'; readonly atNs: string; readonly refused: number }
  | { readonly what: 'stopped'; readonly atNs: string }
  /** A write to the Lease that succeeded. */
  | { readonly what: 'take' | 'renew' | 'release'; readonly sentNs: string; readonly doneNs: string }
  /** An act: allowed, and its first byte written next in the same turn. The last line of an `act` counts. */
  | { readonly what: 'act'; readonly atNs: string; readonly act: number }
  | { readonly what: 'error'; readonly atNs: string; readonly message: string };

const options = JSON.parse(process.argv[2] ?? '') as ElectorArguments;
const { identity, namespace } = options;
const fd = openSync(options.log, 'a');
const now = (): string => String(process.hrtime.bigint());
const log = (line: ElectorLine): void => void writeSync(fd, `${JSON.stringify(line)}\n`);

const { client, close } = await openClient({ kubeconfig: options.kubeconfig, homeDir: options.homeDir });
const stop = new AbortController();
const election = new LeaderElection({
  lease: logged(new KubeLease({ client, namespace, name: options.lease, fieldManager: 'elector' })),
  identity,
  leaseDurationMs: options.leaseDurationMs,
  onStartedLeading: () => {
    log({ what: 'started', atNs: now(), refused });
    refused = 0;
  },
  onStoppedLeading: () => log({ what: 'stopped', atNs: now() }),
  onNewHolder: (holder) => log({ what: 'holder', atNs: now(), holder }),
  onError: logError,
});

let act = 0;
let refused = 0;
let isDraining = false;
process.once('SIGTERM', () => {
  isDraining = true;
});
const ended = election.run(stop.signal);
await actUntilDrained();
stop.abort();
await ended;
await close();

async function actUntilDrained(): Promise<void> {
  const fenced = client.fencedBy(() => {
    election.assertLeading();
    log({ what: 'act', atNs: now(), act });
  });
  while (!isDraining) {
    await systemClock.sleep(options.actEveryMs);
    act += 1; // whether it leads or not: that is the fence's to say
    try {
      await fenced.merge(
        CoreResources.configMaps,
        { data: { holder: identity, act: String(act) } },
        { namespace, name: options.configMap, fieldManager: 'elector' },
      );
    } catch (error) {
      if (error instanceof LeaseLostError) refused += 1;
      else logError(error);
    }
  }
}

function logError(error: unknown): void {
  log({ what: 'error', atNs: now(), message: String(error) });
}

function logged(lease: LeaseStore): LeaseStore {
  const vote = async (what: 'take' | 'renew' | 'release', write: () => Promise<Lease>): Promise<Lease> => {
    const sentNs = now();
    const written = await write();
    log({ what, sentNs, doneNs: now() });
    return written;
  };
  const kindOf = (held: Lease, spec: LeaseSpec): 'take' | 'renew' | 'release' => {
    if (spec.holderIdentity === null) return 'release';
    return held.spec?.holderIdentity === identity ? 'renew' : 'take';
  };
  return {
    key: lease.key,
    read: (signal) => lease.read(signal),
    create: (spec, signal) => {
      const create = (): Promise<Lease> => lease.create(spec, signal);
      return spec.holderIdentity === undefined ? create() : vote('take', create); // one that nobody holds is no vote
    },
    update: (held, spec, signal) => vote(kindOf(held, spec), () => lease.update(held, spec, signal)),
    watch: (held, signal) => lease.watch(held, signal),
  };
}
