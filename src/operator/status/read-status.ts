// The status of a watched resource as it is read: where its CRD says nothing of it, anybody may have written anything there.
// What is not as we write it is dropped, field by field, and nothing is thrown: a status is written anew all the time. Pure.
import type { Condition } from '../../api/v1alpha1/conditions.ts';
import type {
  FailureRecord,
  InventoryEntry,
  ReleaseSnapshot,
  RevisionSnapshot,
  WatchedStatus,
} from '../../api/v1alpha1/watched-status.ts';
import { isMap } from '../../lib/merge-maps.ts';
import type { ObservedResource } from '../observe/observation.ts';
import { isSdkStatus } from '../takeover/sdk-traces.ts';

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/** The resource with its status as {@link readStatus} reads it; operator-sdk's stays as it is. */
export function withReadStatus<T extends ObservedResource>(resource: T): T {
  const { status: sent, ...rest } = resource;
  if (isSdkStatus(sent)) return resource;
  const status = readStatus(sent);
  return (status === undefined ? rest : { ...rest, status }) as T;
}

/** What of a status is ours to read; undefined where it is none at all. */
export function readStatus(sent: unknown): WatchedStatus | undefined {
  if (!isMap(sent)) return undefined;
  const conditions = listOf<Condition>(sent.conditions, readCondition);
  const history = listOf<RevisionSnapshot>(sent.history, readRevision);
  const inventory = listOf<InventoryEntry>(sent.inventory, readEntry);
  const release = readRelease(sent.release);
  const lastFailure = readFailure(sent.lastFailure);
  return {
    ...pick(sent, { observedGeneration: isCount }),
    ...(conditions === undefined ? {} : { conditions }),
    ...(release === undefined ? {} : { release }),
    ...(history === undefined ? {} : { history }),
    ...(inventory === undefined ? {} : { inventory }),
    ...pick(sent, { failures: isCount }),
    ...(lastFailure === undefined ? {} : { lastFailure }),
    ...pick(sent, {
      readyRevision: isCount,
      unreadySince: isText,
      lastHandledReconcileAt: isText,
      lastHandledForceAt: isText,
    }),
  };
}

function readCondition(value: unknown): Condition | undefined {
  const required = { type: isName, status: isName, lastTransitionTime: isText, reason: isName, message: isText };
  return readMap<Condition>(value, { required, optional: { observedGeneration: isCount } });
}

const ofRevision = {
  required: { revision: isCount, status: isName },
  optional: { appVersion: isText, contentDigest: isText, firstDeployed: isText, lastDeployed: isText },
};

function readRevision(value: unknown): RevisionSnapshot | undefined {
  const read = readMap<Omit<RevisionSnapshot, 'chart' | 'digest'>>(value, ofRevision);
  return read === undefined ? undefined : { ...read, ...textsOf(value, ['chart', 'digest']) };
}

function readRelease(value: unknown): ReleaseSnapshot | undefined {
  const revision = readRevision(value);
  const named = readMap<Pick<ReleaseSnapshot, 'name' | 'namespace'>>(value, {
    required: { name: isName, namespace: isName },
  });
  return revision === undefined || named === undefined ? undefined : { ...named, ...revision };
}

function readEntry(value: unknown): InventoryEntry | undefined {
  const read = readMap<Omit<InventoryEntry, 'group'>>(value, {
    required: { kind: isName, name: isName, uid: isName },
    optional: { namespace: isName, generation: isCount, appliedHash: isText, ttlSecondsAfterFinished: isCount },
  });
  return read === undefined ? undefined : { ...textsOf(value, ['group']), ...read };
}

function readFailure(value: unknown): FailureRecord | undefined {
  const required = { digest: isText, action: isAction, reason: isName, message: isText, time: isText };
  const optional = {
    isTerminal: isFlag,
    isPassing: isFlag,
    revision: isCount,
    inRow: isCount,
    forceRequestedAt: isText,
  };
  return readMap<FailureRecord>(value, { required, optional });
}

/** Undefined where a required field is missing or wrong; an optional one that is wrong is left out, as all others are. */
function readMap<T>(
  value: unknown,
  {
    required,
    optional = {},
  }: { readonly required: Readonly<Record<string, Check>>; readonly optional?: Readonly<Record<string, Check>> },
): T | undefined {
  if (!isMap(value)) return undefined;
  const isWhole = Object.entries(required).every(([name, isRight]) => isRight(value[name]));
  return isWhole ? (pick(value, { ...required, ...optional }) as T) : undefined;
}

function pick(value: Fields, checks: Readonly<Record<string, Check>>): Fields {
  const kept = Object.entries(checks).filter(([name, isRight]) => isRight(value[name]));
  return Object.fromEntries(kept.map(([name]) => [name, value[name]]));
}

function listOf<T>(value: unknown, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  return Array.isArray(value) ? value.map(read).filter((item) => item !== undefined) : undefined;
}

/** Texts that are always there, empty in doubt. */
function textsOf<K extends string>(value: unknown, names: readonly K[]): Readonly<Record<K, string>> {
  const texts = names.map((name) => {
    const text = isMap(value) ? value[name] : undefined;
    return [name, typeof text === 'string' ? text : ''];
  });
  return Object.fromEntries(texts) as Record<K, string>;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isName(value: unknown): boolean {
  return isText(value) && value !== '';
}

function isFlag(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const actions: readonly unknown[] = ['install', 'upgrade', 'rollback', 'uninstall', 'ready'];

function isAction(value: unknown): boolean {
  return actions.includes(value);
}
