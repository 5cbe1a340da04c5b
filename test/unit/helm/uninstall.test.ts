import { describe, expect, it } from 'vitest';
import { uninstallArguments } from '../../../src/helm/uninstall.ts';

const options = { name: 'shop', namespace: 'team-a', timeoutMs: 300_000 };

describe('uninstallArguments', () => {
  it.each([
    ['by default', {}, 'uninstall shop --namespace=team-a --timeout=300s'],
    [
      'in the foreground',
      { cascade: 'foreground' },
      'uninstall shop --namespace=team-a --timeout=300s --cascade=foreground',
    ],
    ['and waits', { shouldWait: true }, 'uninstall shop --namespace=team-a --timeout=300s --wait'],
    ['as another user', { impersonate: 'bob' }, 'uninstall shop --namespace=team-a --timeout=300s --kube-as-user=bob'],
    ['with a timeout of less than a second', { timeoutMs: 1 }, 'uninstall shop --namespace=team-a --timeout=1s'],
  ] as const)('%s', (_name, change, expected) => {
    expect(uninstallArguments({ ...options, ...change }).join(' ')).toBe(expected);
  });
});
