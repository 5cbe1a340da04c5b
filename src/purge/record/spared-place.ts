// A place with a file behind it: where the end of a run cannot be written into the one, all of it goes into the other.
import { errorText } from '../../lib/error-text.ts';
import type { ReportFile } from './report-file.ts';
import type { RunChange, RunPlace } from './run-place.ts';
import type { RunRecord } from './run-record.ts';
import type { UndoNote } from './run-recorder.ts';

/** What stands behind the place. */
export interface Spare {
  readonly file: ReportFile;
  /** Told that the run is recorded there, and why. */
  readonly onSpare: (path: string, why: string) => void;
}

/** While the run is at work the place alone counts: a note that it does not take keeps the release. */
export class SparedPlace implements RunPlace {
  readonly #place: RunPlace;
  readonly #spare: Spare;

  constructor(place: RunPlace, spare: Spare) {
    this.#place = place;
    this.#spare = spare;
  }

  admit(note: UndoNote): void {
    this.#place.admit(note);
  }

  async write(record: RunRecord, change: RunChange): Promise<void> {
    try {
      await this.#place.write(record, change);
    } catch (error) {
      if (record.report === undefined) throw error;
      await this.#writeSpare(record, errorText(error));
    }
  }

  async #writeSpare(record: RunRecord, why: string): Promise<void> {
    const { file, onSpare } = this.#spare;
    try {
      await file.begin(record);
    } catch (cause) {
      throw new Error(`${why}, and it could not be written to ${file.path}: ${errorText(cause)}`, { cause });
    }
    onSpare(file.path, why);
  }
}
