// The chart of the tests of readiness, and an operator that installs it for BookStores.
import { inspectChart } from '../../src/watches/chart.ts';
import type { WatchEntry } from '../../src/watches/watch-entry.ts';
import {
  condition,
  eventually,
  kubectl,
  type OperatorRun,
  type OperatorRunOptions,
  startOperator,
  tutorialBookStore,
  type Watched,
} from './operator-run.ts';

/** An operator whose BookStores become one object of the kind that their name begins with. */
export interface KindsRun extends OperatorRun {
  readonly namespace: string;
  /** Makes a resource. */
  create(name: string, spec?: Readonly<Record<string, unknown>>): Promise<Watched>;
  /** The resource once it is not ready, and the message of `Ready` matches. */
  says(name: string, message: RegExp): Promise<Watched>;
  /** kubectl in the namespace. */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Ends the operator; the namespace stays. */
  leave(): Promise<void>;
  /** As a kubelet would write it. */
  patchPodStatus(name: string, status: Readonly<Record<string, unknown>>): Promise<void>;
}

/** The entry's chart: {@link ../support/charts/kinds}. */
export async function kindsChart(): Promise<WatchEntry['chart']> {
  const result = await inspectChart('test/support/charts/kinds');
  if (!result.ok) throw new Error(result.found);
  return result.chart;
}

/** Starts the operator in a new namespace. */
export async function startKinds(options: OperatorRunOptions): Promise<KindsRun> {
  const { namespace } = options;
  await kubectl('create', 'namespace', namespace);
  const run = await startOperator({ ...options, entry: { chart: await kindsChart(), ...options.entry } });
  const inNamespace = (...args: readonly string[]): Promise<string> => kubectl('-n', namespace, ...args);
  return {
    ...run,
    namespace,
    create: (name, spec = {}) =>
      run.client.create(run.bookStores, { ...tutorialBookStore(namespace, name), spec }, { fieldManager: 'test' }),
    says: (name, message) =>
      eventually(`${name} says ${message.source}`, async () => {
        const resource = await run.get(name);
        const ready = condition(resource?.status, 'Ready');
        return ready?.status === 'False' && message.test(ready.message) && resource;
      }),
    kubectl: inNamespace,
    patchPodStatus: async (name, status) => {
      await inNamespace('patch', 'pod', name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }));
    },
    leave: () => run.stop(),
    stop: async () => {
      await run.stop();
      await kubectl('delete', 'namespace', namespace, '--wait=false');
    },
  };
}
