// A run whose notes are kept in memory, and read back as a restore reads them.

import { runName } from '../../src/purge/record/run-name.ts';
import type { RecordedRun, RunRecorder, UndoNote } from '../../src/purge/record/run-recorder.ts';

/** The run. */
export class RememberedRun implements RunRecorder {
  readonly run = runName('test', { nowMs: Date.now(), random: Math.random() });
  readonly notes: UndoNote[] = [];

  noteUndo(note: UndoNote): Promise<void> {
    this.notes.push(note);
    return Promise.resolve();
  }

  settle(): void {}

  finish(): Promise<void> {
    return Promise.resolve();
  }

  /** As it is read back; absent: the run acted as nobody else. */
  recorded(serviceAccount?: string): RecordedRun {
    const { run, notes } = this;
    return { run, policy: 'test', undo: notes, ...(serviceAccount === undefined ? {} : { serviceAccount }) };
  }
}
