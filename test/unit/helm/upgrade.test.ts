import { describe, expect, it } from 'vitest';
import { type UpgradeOptions, upgradeArguments } from '../../../src/helm/upgrade.ts';

const options: UpgradeOptions = {
  name: 'shop',
  namespace: 'team-a',
  chart: '/charts/bookstore',
  values: { password: 'hunter2' },
  labels: { 'helm.velotio.com/owner': 'BookStore.velotio.com', 'helm.velotio.com/digest': '2-abc' },
  timeoutMs: 300_000,
  maxHistory: 10,
};

describe('upgradeArguments', () => {
  it('are those of rule O5, the values on standard input', () => {
    expect(upgradeArguments(options).join(' ')).toBe(
      'upgrade --install shop /charts/bookstore --namespace=team-a --values=- --server-side=true --force-conflicts ' +
        '--reset-values --history-max=10 --timeout=300s ' +
        '--labels=helm.velotio.com/owner=BookStore.velotio.com,helm.velotio.com/digest=2-abc --disable-openapi-validation',
    );
  });

  it.for<[string, Partial<UpgradeOptions>, string, string | undefined]>([
    [
      'replaces by force without server-side apply: helm refuses both',
      { isReplaceForced: true },
      '--force-replace --server-side=false',
      '--force-conflicts',
    ],
    ['leaves out the chart’s CRDs', { shouldSkipCrds: true }, '--skip-crds', undefined],
    [
      'acts as another user',
      { impersonate: 'system:serviceaccount:a:b' },
      '--kube-as-user=system:serviceaccount:a:b',
      undefined,
    ],
    ['rounds a timeout up to whole seconds', { timeoutMs: 1_001 }, '--timeout=2s', undefined],
    ['never waits: readiness is watched', {}, '', '--wait'],
    ['never puts values into the arguments', {}, '', 'hunter2'],
  ])('%s', ([_name, change, present, absent]) => {
    const line = upgradeArguments({ ...options, ...change }).join(' ');
    expect(line).toContain(present);
    if (absent !== undefined) expect(line).not.toContain(absent);
  });
});
