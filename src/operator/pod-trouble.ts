// Why pods are not ready: of all that their statuses say, the one thing that tells most. Pure.
import { oneLine } from '../lib/one-line.ts';

/** `status.containerStatuses[]`. A container's own last words are left out on purpose: they may hold anything. */
export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

/** One of the three. */
export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: object;
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
}

/** A Pod as far as its trouble is read. */
export interface PodObject {
  readonly metadata: {
    readonly name: string;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** What tells most comes first: what somebody has to change, then what may pass by itself. */
const ranks = ['cannotStart', 'crashes', 'unschedulable', 'unready', 'ended', 'starting', 'leaving'] as const;

interface Trouble {
  readonly rank: (typeof ranks)[number];
  readonly text: string;
}

/** Longest text that comes out of here. */
const maxLength = 300;

/** What a container that only just begins waits for. */
const beginnings: ReadonlySet<string | undefined> = new Set(['ContainerCreating', 'PodInitializing', undefined]);

/**
 * The most telling trouble among pods, as `pod NAME: REASON: …`: one line of at most 300 characters. Of two that are as
 * bad the newer pod's: the older one may be on its way out. Undefined where all pods are well, or there are none.
 */
export function podTrouble(pods: readonly PodObject[]): string | undefined {
  const troubles = pods.flatMap((pod) => {
    const trouble = find(pod);
    return trouble === undefined ? [] : [{ ...trouble, ...pod.metadata }];
  });
  const [worst] = troubles.toSorted(
    (a, b) =>
      ranks.indexOf(a.rank) - ranks.indexOf(b.rank) ||
      (b.creationTimestamp ?? '').localeCompare(a.creationTimestamp ?? '') ||
      a.name.localeCompare(b.name),
  );
  return worst === undefined ? undefined : oneLine(`pod ${worst.name}: ${worst.text}`, maxLength);
}

/** The trouble of one pod, as {@link podTrouble} but without its name. */
export function troubleOfPod(pod: PodObject): string | undefined {
  const trouble = find(pod);
  return trouble === undefined ? undefined : oneLine(trouble.text, maxLength);
}

function find({ metadata, status = {} }: PodObject): Trouble | undefined {
  const { phase, conditions = [], initContainerStatuses = [], containerStatuses = [] } = status;
  if (phase === 'Succeeded') return undefined;
  if (metadata.deletionTimestamp !== undefined) return { rank: 'leaving', text: 'it is being deleted' };
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return undefined;
  const [worst] = [...initContainerStatuses, ...containerStatuses]
    .flatMap((container) => troubleOf(container) ?? [])
    .toSorted((a, b) => ranks.indexOf(a.rank) - ranks.indexOf(b.rank));
  if (phase === 'Failed') {
    return { rank: 'ended', text: status.reason === undefined ? (worst?.text ?? 'Failed') : said(status) };
  }
  if (worst !== undefined && worst.rank !== 'starting') return worst;
  const scheduled = conditions.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return { rank: 'unschedulable', text: said(scheduled) };
  if (worst !== undefined) return worst;
  if (phase === 'Running') return { rank: 'unready', text: said(ready ?? { reason: 'it is running, but not ready' }) };
  return { rank: 'starting', text: 'Pending' };
}

function troubleOf(container: ContainerStatus): Trouble | undefined {
  const { state = {}, lastState = {}, ready, restartCount = 0 } = container;
  const { waiting, terminated } = state;
  if (waiting?.reason === 'CrashLoopBackOff') return crash(container, { ended: lastState.terminated, waiting });
  if (waiting !== undefined && !beginnings.has(waiting.reason)) return { rank: 'cannotStart', text: said(waiting) };
  if (terminated !== undefined && terminated.exitCode !== 0) return crash(container, { ended: terminated });
  // between two crashes it runs, or waits, for a while: that is no other trouble, and no better
  const isAgain = terminated === undefined && ready !== true && restartCount > 0;
  if (isAgain && (lastState.terminated?.exitCode ?? 0) !== 0) return crash(container, { ended: lastState.terminated });
  return waiting === undefined ? undefined : { rank: 'starting', text: said({ reason: 'Pending', ...waiting }) };
}

function crash(
  { name, restartCount = 0 }: ContainerStatus,
  how: {
    readonly ended: ContainerState['terminated'];
    readonly waiting?: { readonly reason?: string; readonly message?: string };
  },
): Trouble {
  const { ended, waiting } = how;
  const isOutOfMemory = ended?.reason === 'OOMKilled';
  const reason = (isOutOfMemory ? ended.reason : waiting?.reason) ?? ended?.reason ?? 'Error';
  const story = ofKubelet(waiting?.message) ?? (isOutOfMemory ? 'it took more memory than its limit' : 'it ended');
  const details = [
    story.includes(`container ${name}`) ? undefined : `container ${name}`,
    ended?.exitCode === undefined ? undefined : `exit code ${ended.exitCode}`,
    `${restartCount} restart${restartCount === 1 ? '' : 's'}`,
  ].filter((part) => part !== undefined);
  return { rank: 'crashes', text: `${reason}: ${story} (${details.join(', ')})` };
}

/** kubelet says `back-off 40s restarting failed container=app pod=web-1_shop(d2c1…)`: the pod is named already. */
function ofKubelet(message: string | undefined): string | undefined {
  return message?.replace(/ pod=\S+/, '').replace(/\bcontainer=/, 'container ');
}

function said(event: { readonly reason?: string | undefined; readonly message?: string | undefined }): string {
  return [event.reason, event.message].filter((part) => part !== undefined && part !== '').join(': ');
}
