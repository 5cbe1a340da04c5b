// What a release leaves in the cluster although it is gone, as data and in words (P10). Pure.
import { PurgeRunBound, type PurgeRunLeft, type PurgeRunOutcome } from '../../api/v1alpha1/purge-run.ts';
import { parseQuantity } from '../../lib/quantity.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';

/** Why an object is still there. Documented in docs/purge.md. */
export type LeftReason = PurgeRunLeft['why'];

/** One of them. */
export interface LeftObject {
  /** Absent: the core group. */
  readonly group?: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly why: LeftReason;
  readonly finalizers?: readonly string[];
  /** Of a volume claim: its capacity, else what it asks for. */
  readonly size?: string;
  /** The annotation's value, or why nothing could be read. */
  readonly detail?: string;
}

/** Why not all of it was looked at: the run was ended at once, or looking took too long. */
export const unlookedReasons = { ended: 'the run was ended', 'no-time': 'there was no time' } as const;

/** One of these reasons. */
export type UnlookedReason = keyof typeof unlookedReasons;

/** What volume claims stay, and how much storage they hold. */
export interface RetainedStorage {
  readonly claims: number;
  readonly bytes: number;
}

/** Over all that is left. What is being deleted is not retained. */
export function retainedStorage(left: readonly LeftObject[]): RetainedStorage {
  const sizes = left
    .filter(({ size, why }) => size !== undefined && why !== 'finalizer' && why !== 'terminating')
    .map(({ size = '' }) => parseQuantity(size) ?? 0);
  return { claims: sizes.length, bytes: sizes.reduce((sum, one) => sum + one, 0) };
}

/** As much of it as a PurgeRun has room for; what holds a release back comes first. */
export function boundedLeft(left: readonly LeftObject[]): Pick<PurgeRunOutcome, 'left' | 'leftOmitted'> {
  if (left.length === 0) return {};
  const isStuck = ({ why }: LeftObject): boolean => why === 'finalizer' || why === 'still-there';
  const sorted = [...left.filter(isStuck), ...left.filter((one) => !isStuck(one))];
  const listed = sorted.slice(0, PurgeRunBound.left).map(({ detail: _detail, finalizers, ...rest }) => ({
    ...rest,
    ...(finalizers === undefined ? {} : { finalizers: finalizers.slice(0, PurgeRunBound.finalizers) }),
  }));
  const omitted = left.length - listed.length;
  return { left: listed, ...(omitted === 0 ? {} : { leftOmitted: omitted }) };
}

/** `PersistentVolumeClaim/data (1Gi, kept)`; its parts are quoted where others wrote them. */
export function describeLeft({ kind, name, why, size, finalizers = [], detail }: LeftObject): string {
  const told: Readonly<Record<LeftReason, string>> = {
    kept: 'kept by helm.sh/resource-policy',
    'resource-policy': `helm.sh/resource-policy: ${quoteUntrusted(detail ?? '')}, of which helm says nothing`,
    volume: 'made by a StatefulSet',
    hook: 'made by a hook',
    finalizer: `being deleted, held by ${finalizers.map(bare).join(', ')}`,
    terminating: 'being deleted',
    'still-there': 'still there, and nobody is deleting it',
    unreadable: `could not be read: ${detail ?? ''}`,
  };
  return `${bare(kind)}/${bare(name)} (${size === undefined ? '' : `${bare(size)}, `}${told[why]})`;
}

/** Names as the API server takes them stay as they are. */
function bare(text: string): string {
  return /^[\w.:/*-]{1,253}$/.test(text) ? text : quoteUntrusted(text);
}
