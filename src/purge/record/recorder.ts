// The record of one run at work: undo notes stored before they resolve, outcomes now and then, the report at the end.
import type { Clock } from '../../lib/clock.ts';
import { errorText } from '../../lib/error-text.ts';
import { PurgeError } from '../errors.ts';
import { GroupCommit } from './group-commit.ts';
import type { PurgeReport, ReleaseOutcome } from './report.ts';
import type { RunPlace } from './run-place.ts';
import type { RunRecord, RunStart } from './run-record.ts';
import type { RunRecorder, UndoNote } from './run-recorder.ts';

/** At most so often is stored what nobody waits for. */
const progressMs = 5_000;

/** What a recorder is made with. */
export interface RecorderOptions {
  readonly start: RunStart;
  /** Each of them holds the run's first state already. */
  readonly places: readonly RunPlace[];
  readonly clock: Clock;
}

/** Writes one state after another to all places. */
export class Recorder implements RunRecorder {
  readonly #options: RecorderOptions;
  readonly #outcomes: ReleaseOutcome[] = [];
  readonly #undo: UndoNote[] = [];
  readonly #commits = new GroupCommit(() => this.#write());
  readonly #over = new AbortController();
  /** So many of `#undo` are stored. */
  #stored = 0;
  #isProgressDue = false;
  #isTimed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get run(): string {
    return this.#options.start.run;
  }

  async noteUndo(note: UndoNote): Promise<void> {
    const noted = this.#withNamespace(note);
    for (const place of this.#options.places) place.admit(noted);
    this.#undo.push(noted);
    await this.#commits.commit();
  }

  settle(outcome: ReleaseOutcome): void {
    this.#outcomes.push(outcome);
    if (this.#isTimed) return;
    this.#isTimed = true;
    this.#options.clock
      .sleep(progressMs, this.#over.signal)
      .then(() => {
        this.#isTimed = false;
        this.#isProgressDue = true;
        return this.#commits.commit();
      })
      .catch(() => undefined); // over; or not stored: the next write has it too, and the end is told
  }

  async finish(report: PurgeReport): Promise<void> {
    this.#over.abort();
    await this.#commits.idle();
    // a note that was not stored kept its release
    const record = { ...this.#record(report), undo: this.#undo.slice(0, this.#stored) };
    const writes = this.#options.places.map((place) => place.write(record, { notes: [], isWhole: true }));
    const failures = (await Promise.allSettled(writes)).flatMap((one) =>
      one.status === 'rejected' ? [one.reason] : [],
    );
    if (failures.length === 0) return;
    throw new PurgeError(
      'RUN_RECORD_UNFINISHED',
      `the record of run ${this.run} could not be finished: ${failures.map(errorText).join('; ')}`,
      { cause: failures[0], remedy: 'Keep the report that was printed, with -o json: purge restore FILE takes it.' },
    );
  }

  async #write(): Promise<void> {
    const isWhole = this.#isProgressDue;
    const until = this.#undo.length;
    const notes = this.#undo.slice(this.#stored, until);
    const record = this.#record();
    await Promise.all(this.#options.places.map((place) => place.write(record, { notes, isWhole })));
    this.#stored = until;
    if (isWhole) this.#isProgressDue = false;
  }

  #withNamespace(note: UndoNote): UndoNote {
    const { uid } = this.#options.start.plan.namespaces.find(({ name }) => name === note.namespace) ?? {};
    return uid === undefined ? note : { ...note, namespaceUid: uid };
  }

  #record(report?: PurgeReport): RunRecord {
    const { start, clock } = this.#options;
    return { start, nowMs: clock.now(), outcomes: [...this.#outcomes], undo: [...this.#undo], report };
  }
}

/** For a run that leaves no record. */
export function unrecorded(run: string): RunRecorder {
  return {
    run,
    noteUndo: () => Promise.resolve(),
    settle: () => undefined,
    finish: () => Promise.resolve(),
  };
}
