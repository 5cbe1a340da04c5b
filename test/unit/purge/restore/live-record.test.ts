import { expect, it } from 'vitest';
import { liveRecord } from '../../../../src/purge/restore/live-record.ts';
import { isRecord, parseRecord, type ReleaseStatus } from '../../../../src/release/record.ts';
import { recordMetas } from '../../../support/stored-release.ts';

const records = (...statuses: readonly ReleaseStatus[]) =>
  statuses
    .flatMap((status, index) => recordMetas({ revision: index + 1, status }).slice(-1))
    .map(parseRecord)
    .filter(isRecord);

it.each<[string, readonly ReleaseStatus[], number | undefined]>([
  ['the deployed one', ['superseded', 'superseded', 'deployed'], 3],
  ['the deployed one beside a failed upgrade', ['superseded', 'deployed', 'failed', 'failed'], 2],
  ['the deployed one beside an upgrade that never ended', ['deployed', 'pending-upgrade'], 1],
  ['the newest of two that helm calls deployed', ['deployed', 'deployed'], 2],
  ['the latest where the first install failed', ['failed'], 1],
  ['the latest where the first install never ended', ['pending-install'], 1],
  ['the latest where an uninstall was begun', ['superseded', 'uninstalling'], 2],
  ['none where there is none', [], undefined],
])('brings back %s', (_name, statuses, revision) => {
  expect(liveRecord(records(...statuses))?.revision).toBe(revision);
  expect(liveRecord(records(...statuses).toReversed())?.revision).toBe(revision);
});
