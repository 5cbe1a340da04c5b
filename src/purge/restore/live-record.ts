// Which of a release's revisions is brought back (DESIGN.md P8). Pure.
import type { ReleaseRecord } from '../../release/record.ts';

/**
 * The newest revision that helm calls deployed: it is what worked. Where there is none, because the first install failed or
 * never ended, or because an uninstall was begun, the latest one. Undefined where there is none at all.
 */
export function liveRecord(records: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  const newestFirst = records.toSorted((a, b) => b.revision - a.revision);
  return newestFirst.find(({ status }) => status === 'deployed') ?? newestFirst[0];
}
