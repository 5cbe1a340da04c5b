import { describe, expect, test } from 'vitest';
import { type ResourceSettings, resourceSettings } from '../../../../src/operator/decide/resource-settings.ts';
import { watchEntry } from '../../../support/watch-entries.ts';

const entry = watchEntry({ timeoutMs: 60_000, reconcilePeriodMs: 30_000 });
const ours = (key: string) => `helm.velotio.com/${key}`;
const sdk = (key: string) => `helm.sdk.operatorframework.io/${key}`;

describe('resourceSettings', () => {
  test('are those of the entry where the resource says nothing', () => {
    expect(resourceSettings(entry)).toEqual({
      timeoutMs: 60_000,
      reconcilePeriodMs: 30_000,
      drift: 'enabled',
      isUpgradeForced: false,
      isRollbackForced: false,
      shouldWaitForUninstall: false,
      isSuspended: false,
      problem: undefined,
    });
    expect(resourceSettings(entry, { 'example.com/timeout': 'soon' })).toEqual(resourceSettings(entry));
  });

  test.each<[string, string, Partial<ResourceSettings>]>([
    [ours('timeout'), '7m30s', { timeoutMs: 450_000 }],
    [ours('drift'), 'warn', { drift: 'warn' }],
    [ours('drift'), 'disabled', { drift: 'disabled' }],
    ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text): [string, string, Partial<ResourceSettings>] => [
      ours('suspend'),
      text,
      { isSuspended: true },
    ]),
    ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text): [string, string, Partial<ResourceSettings>] => [
      ours('suspend'),
      text,
      { isSuspended: false },
    ]),
    [sdk('reconcile-period'), '5s', { reconcilePeriodMs: 5_000 }],
    [sdk('reconcile-period'), '0', { reconcilePeriodMs: undefined }],
    [sdk('reconcile-period'), '0s', { reconcilePeriodMs: undefined }],
    [sdk('upgrade-force'), 'true', { isUpgradeForced: true }],
    [sdk('upgrade-force'), 'T', { isUpgradeForced: true }],
    [sdk('upgrade-force'), '0', { isUpgradeForced: false }],
    [sdk('upgrade-force'), '', { isUpgradeForced: false }],
    [sdk('uninstall-wait'), '', { shouldWaitForUninstall: false }],
    [sdk('rollback-force'), '1', { isRollbackForced: true }],
    [sdk('uninstall-wait'), 'True', { shouldWaitForUninstall: true }],
  ])('%s: %s beats the entry', (key, text, expected) => {
    expect(resourceSettings(entry, { [key]: text })).toMatchObject({ ...expected, problem: undefined });
  });

  test.each([
    [ours('timeout'), 'soon', 'a duration of at least one second, such as 5m'],
    [ours('timeout'), '10ms', 'a duration of at least one second, such as 5m'],
    [ours('timeout'), '-5m', 'a duration of at least one second, such as 5m'],
    [ours('drift'), 'Enabled', 'one of enabled, warn, disabled'],
    ...['often', '-1m', '1ns', '999ms'].map((text): [string, string, string] => [
      sdk('reconcile-period'),
      text,
      'a Go duration of at least one second, such as 1m30s, or 0 for never',
    ]),
    [sdk('upgrade-force'), 'yes', '"true" or "false"'],
    [sdk('rollback-force'), '', '"true" or "false"'],
    [sdk('uninstall-wait'), 'please', '"true" or "false"'],
  ])('%s: %s is a problem, and leaves the setting of the entry', (key, text, expected) => {
    const { problem, ...settings } = resourceSettings(entry, { [key]: text });
    expect(problem).toBe(`annotation ${key} is ${JSON.stringify(text)}, expected ${expected}`);
    expect({ ...settings, problem: undefined }).toEqual(resourceSettings(entry));
  });

  test.each(['yes', '', 'TrUe', ' true'])('suspend: %j may mean that it is', (text) => {
    const { problem, isSuspended } = resourceSettings(entry, { [ours('suspend')]: text });
    expect(isSuspended).toBeUndefined();
    expect(problem).toBe(`annotation ${ours('suspend')} is ${JSON.stringify(text)}, expected "true" or "false"`);
  });

  test('all problems are told at once, and none at length', () => {
    const { problem } = resourceSettings(entry, { [ours('timeout')]: 'x'.repeat(500), [ours('drift')]: '\u001b[31m' });
    expect(problem).toContain(ours('timeout'));
    expect(problem).toContain('; annotation helm.velotio.com/drift is "\\u001b[31m"');
    expect(problem?.length).toBeLessThan(400);
  });
});
