import { expect, test } from 'vitest';
import { rollbackArguments } from '../../../src/helm/rollback.ts';

const basic = { name: 'shop', namespace: 'alice', revision: 3, timeoutMs: 299_500, maxHistory: 10 };

test('goes back to a revision and wins conflicts', () => {
  expect(rollbackArguments(basic)).toEqual([
    'rollback',
    'shop',
    '3',
    '--namespace=alice',
    '--server-side=true',
    '--force-conflicts',
    '--history-max=10',
    '--timeout=300s',
  ]);
});

test('replaces where that is asked for, which helm refuses together with server-side apply', () => {
  const args = rollbackArguments({ ...basic, isReplaceForced: true });
  expect(args).toEqual(expect.arrayContaining(['--force-replace', '--server-side=false']));
  expect(args).not.toContain('--force-conflicts');
});

test('acts as somebody else', () => {
  expect(rollbackArguments({ ...basic, impersonate: 'system:serviceaccount:alice:deployer' })).toContain(
    '--kube-as-user=system:serviceaccount:alice:deployer',
  );
});

test('applies as helm 3 does where that is asked for', () => {
  const args = rollbackArguments({ ...basic, isClientSide: true });
  expect(args.filter((arg) => arg.startsWith('--server-side') || arg === '--force-conflicts')).toEqual([]);
});
