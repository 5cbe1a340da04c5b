import { describe, expect, it } from 'vitest';
import { Recorder } from '../../../../src/purge/record/recorder.ts';
import { assembleReport } from '../../../../src/purge/record/report.ts';
import type { RunChange, RunPlace } from '../../../../src/purge/record/run-place.ts';
import type { RunRecord } from '../../../../src/purge/record/run-record.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { exampleNote, exampleOutcomes, exampleStart } from '../../../support/run-examples.ts';

/** A place that fails while `trouble` is set. */
class Memory implements RunPlace {
  readonly writes: (RunRecord & RunChange)[] = [];
  trouble: Error | undefined;

  admit(): void {}

  async write(record: RunRecord, change: RunChange): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.trouble !== undefined) throw this.trouble;
    this.writes.push({ ...record, ...change });
  }
}

const report = assembleReport({ ...exampleStart, outcomes: exampleOutcomes, durationMs: 1 });

function open(...places: Memory[]) {
  const clock = new ManualClock();
  return { clock, recorder: new Recorder({ start: exampleStart, places, clock }) };
}

const names = ({ notes }: RunChange): string => notes.map(({ name }) => name).join(' ');

describe('a way back', () => {
  it('is stored in every place before it counts, those of eight workers in few writes, each once', async () => {
    const [one, other] = [new Memory(), new Memory()];
    const { recorder } = open(one, other);
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => recorder.noteUndo(exampleNote(name))));
    expect(one.writes.map(names)).toEqual(['a b c d e f g h']);
    expect(other.writes.map(names)).toEqual(['a b c d e f g h']);
    await recorder.noteUndo(exampleNote('i'));
    expect(one.writes.map(names)).toEqual(['a b c d e f g h', 'i']);
    expect(one.writes.map(({ isWhole }) => isWhole)).toEqual([false, false]);
  });

  it('that could not be stored is refused, and stored with the next', async () => {
    const place = new Memory();
    const { recorder } = open(place);
    place.trouble = new Error('disk full');
    await expect(recorder.noteUndo(exampleNote('a'))).rejects.toThrow('disk full');
    place.trouble = undefined;
    await recorder.noteUndo(exampleNote('b'));
    expect(place.writes.map(names)).toEqual(['a b']);
  });
});

describe('outcomes', () => {
  it('are stored at most every five seconds, without anybody waiting', async () => {
    const place = new Memory();
    const { recorder, clock } = open(place);
    for (const outcome of exampleOutcomes.slice(0, 3)) recorder.settle(outcome);
    await clock.advance(4_000);
    expect(place.writes).toEqual([]);
    await clock.advance(1_000);
    await clock.advance(60_000);
    expect(place.writes.map(({ outcomes, isWhole }) => [outcomes.length, isWhole])).toEqual([[3, true]]);
    for (const outcome of exampleOutcomes.slice(3)) recorder.settle(outcome);
    await clock.advance(5_000);
    await clock.advance(0);
    expect(place.writes.map(({ outcomes }) => outcomes.length)).toEqual([3, 4]);
  });

  it('that could not be stored come with the next write', async () => {
    const place = new Memory();
    const { recorder, clock } = open(place);
    for (const outcome of exampleOutcomes) recorder.settle(outcome);
    place.trouble = new Error('no');
    await clock.advance(5_000);
    await clock.advance(0);
    place.trouble = undefined;
    await recorder.noteUndo(exampleNote('a'));
    expect(place.writes).toMatchObject([{ isWhole: true, outcomes: { length: 4 } }]);
  });
});

describe('the end', () => {
  it('waits for what is under way, stores the report, and nothing afterwards', async () => {
    const place = new Memory();
    const { recorder, clock } = open(place);
    const noted = recorder.noteUndo(exampleNote('a'));
    for (const outcome of exampleOutcomes) recorder.settle(outcome);
    await recorder.finish(report);
    await noted;
    await clock.advance(60_000);
    expect(place.writes.map((write) => [names(write), write.report === report])).toEqual([
      ['a', false],
      ['', true],
    ]);
  });

  it('that one place could not store is told, and stored in the other', async () => {
    const [one, other] = [new Memory(), new Memory()];
    const { recorder } = open(one, other);
    one.trouble = new Error('gone');
    await expect(recorder.finish(report)).rejects.toMatchObject({
      code: 'RUN_RECORD_UNFINISHED',
      message: expect.stringContaining('gone'),
    });
    expect(other.writes).toMatchObject([{ isWhole: true, report }]);
  });
});
