// A run as a PurgeRun in the cluster: made before the first deletion, its status written while the run goes on.
import { API_VERSION } from '../../api/v1alpha1/group-version.ts';
import {
  PURGE_RUN_GVK,
  PURGE_RUN_KIND,
  PURGE_RUN_LOCK_ANNOTATION,
  PURGE_RUN_PLURAL,
  PURGE_RUN_PROCESS_ANNOTATION,
  PURGE_RUN_WORKER_ANNOTATION,
  PurgeRunBound,
} from '../../api/v1alpha1/purge-run.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { Resource } from '../../kube/resource.ts';
import { oneLine } from '../../lib/one-line.ts';
import { PurgeError } from '../errors.ts';
import type { RunChange, RunPlace } from './run-place.ts';
import { type RunRecord, type RunStart, statusOf } from './run-record.ts';
import type { UndoNote } from './run-recorder.ts';
import { undoEntry } from './undo-notes.ts';

/** The type's address. */
export const purgeRuns: Resource = { ...PURGE_RUN_GVK, plural: PURGE_RUN_PLURAL, isNamespaced: false };

/** As everybody sees it in managedFields. */
export const runFieldManager = 'bookstore-operator';

/** What another run may have written into this one's status because it took its worker for dead: null takes it out. */
const unsaid = { stoppedBy: null, completedAt: null, conditions: null } as const;

/** Why there is no PurgeRun, and a file has to do. */
export interface NoPurgeRun {
  /** A sentence. */
  readonly why: string;
}

/**
 * Makes the PurgeRun and writes its first status. It says from the first moment on that somebody executes it.
 * @returns why there is none, where its CustomResourceDefinition or the right to it is missing
 * @throws ApiError for everything else
 */
export async function createPurgeRun(
  client: KubeClient,
  record: RunRecord,
  onAnew: (name: string) => void,
): Promise<PurgeRunPlace | NoPurgeRun> {
  const place = new PurgeRunPlace(client, { name: record.start.run, onAnew });
  try {
    await place.make(record);
    return place;
  } catch (error) {
    if (isApiError(error, 'API_NOT_FOUND')) return { why: `${client.context} does not know PurgeRuns` };
    if (isApiError(error, 'API_FORBIDDEN')) return { why: error.message };
    throw error;
  }
}

/** A PurgeRun. One that somebody deletes while its run is at work is made anew at the end: what was purged is to be brought back by it. */
export class PurgeRunPlace implements RunPlace {
  readonly #client: KubeClient;
  readonly #name: string;
  readonly #onAnew: (name: string) => void;
  #undoLength = 0;

  constructor(
    client: KubeClient,
    { name, onAnew }: { readonly name: string; readonly onAnew: (name: string) => void },
  ) {
    this.#client = client;
    this.#name = name;
    this.#onAnew = onAnew;
  }

  /** With all that is known, or not at all: without a status it says nothing but that somebody works. @throws ApiError */
  async make(record: RunRecord): Promise<void> {
    await this.#client.create(purgeRuns, objectOf(record.start), { fieldManager: runFieldManager });
    try {
      await this.#store(record, { notes: record.undo, isWhole: true });
    } catch (error) {
      await this.#client.delete(purgeRuns, { name: this.#name }).catch(() => false);
      throw error;
    }
  }

  admit(note: UndoNote): void {
    const [key, value] = undoEntry(note);
    const length = this.#undoLength + key.length + value.length;
    if (length > PurgeRunBound.undoLength || value.length > PurgeRunBound.undoNoteLength) {
      throw new PurgeError('RUN_RECORD_FULL', `PurgeRun ${this.#name} has no room for another way back`, {
        remedy: 'Run once more: the next run has a record of its own.',
      });
    }
    this.#undoLength = length;
  }

  async write(record: RunRecord, change: RunChange): Promise<void> {
    try {
      await this.#store(record, change);
    } catch (error) {
      const isOver = record.report !== undefined; // before that it ends the run: no note, no deletion
      if (!isOver || !isApiError(error, 'API_NOT_FOUND')) throw error;
      await this.make(record);
      this.#onAnew(this.#name);
    }
  }

  async #store(record: RunRecord, { notes, isWhole }: RunChange): Promise<void> {
    const status = {
      ...(isWhole ? { ...unsaid, ...statusOf(record) } : {}),
      // a merge patch: what stands there already stays
      ...(notes.length === 0 ? {} : { undo: Object.fromEntries(notes.map(undoEntry)) }),
    };
    await this.#client.merge(
      purgeRuns,
      { status },
      { name: this.#name, subresource: 'status', fieldManager: runFieldManager },
    );
  }
}

function objectOf({ run, plan, worker, hold: { lock, process }, namespaces }: RunStart) {
  const isTold = namespaces !== undefined && namespaces.length <= PurgeRunBound.namespaces;
  return {
    apiVersion: API_VERSION,
    kind: PURGE_RUN_KIND,
    metadata: {
      name: run,
      annotations: {
        [PURGE_RUN_WORKER_ANNOTATION]: oneLine(worker, PurgeRunBound.identityLength),
        ...(lock === undefined ? {} : { [PURGE_RUN_LOCK_ANNOTATION]: lock }),
        ...(process === undefined ? {} : { [PURGE_RUN_PROCESS_ANNOTATION]: process }),
      },
    },
    spec: { policy: plan.policy, ...(isTold ? { namespaces } : {}) },
  };
}
