// An admission webhook that nobody answers: a failure like any other, and whose it is is said (DESIGN.md O11).
import { describe, expect, test } from 'vitest';
import { condition, eventually, kubectl, type Watched } from '../../support/operator-run.ts';
import type { ReleaseLab } from '../../support/release-lab.ts';
import { greetingOf, helmHistory, type Whims } from '../../support/whim-world.ts';
import { withWhims } from '../../support/with-whims.ts';

const namespace = 'op-webhook';
let whims: Whims;
let lab: ReleaseLab;

withWhims({ namespace, kinds: { GuardedWhim: { remediation: { retries: 1 } } } }, ({ world, lab: opened }) => {
  lab = opened;
  whims = world.whims.GuardedWhim;
});

const messageOf = ({ status }: Watched): string => condition(status, 'Ready')?.message ?? '';

/** Has the API server ask, before it changes the ConfigMap of that name here, somebody who is not there. */
const guard = async (name: string): Promise<AsyncDisposable> => {
  await lab.apply(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: ${namespace}-${name}}
webhooks:
  - name: ${name}.test.velotio.com
    clientConfig: {url: "https://127.0.0.1:1/admit"}
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ${namespace}}}
    matchConditions: [{name: ours, expression: "object.metadata.name == '${name}'"}]
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [configmaps]}]
    admissionReviewVersions: [v1]
    sideEffects: None
    timeoutSeconds: 1
`);
  await eventually(`${name} is guarded`, () =>
    kubectl('-n', namespace, 'create', 'configmap', name, '--dry-run=server').then(
      () => false,
      (error: unknown) => String(error).includes('failed calling webhook'),
    ),
  );
  const remove = () =>
    kubectl('delete', 'validatingwebhookconfiguration', `${namespace}-${name}`, '--ignore-not-found');
  return { [Symbol.asyncDispose]: async () => void (await remove()) };
};

describe.concurrent('an admission webhook that is away', () => {
  test('a dead webhook does not make a release go back and forth without end: it is named, tries are spent, then it waits', async () => {
    await whims.create('upgrades');
    await whims.ready('upgrades', 1);
    {
      await using _guard = await guard('upgrades');
      await whims.patch('upgrades', { spec: { greeting: 'new' } });
      const failed = await whims.until('upgrades', 'has failed', ({ status }) => status?.failures === 1);
      expect(failed.status?.lastFailure?.message).toContain('upgrades.test.velotio.com');
      const exhausted = await whims.reason('upgrades', 'RetriesExhausted');
      expect(condition(exhausted.status, 'Stalled')).toMatchObject({ status: 'True' });
      expect(exhausted.status?.failures).toBe(2);
      expect(messageOf(exhausted)).toContain(
        'The API server cannot call webhook upgrades.test.velotio.com (127.0.0.1:1)',
      );
      expect(messageOf(exhausted)).not.toContain('Check that the API server is up');
      expect(whims.verbs('upgrades')).toEqual(['upgrade', 'upgrade', 'rollback', 'upgrade', 'rollback']);
    }
    await whims.annotate('upgrades', { 'force-requested-at': 'now' });
    const healed = await whims.ready('upgrades');
    expect(healed.status?.lastFailure).toBeUndefined();
    expect(await greetingOf(namespace, 'upgrades')).toBe('new');
    expect(whims.calls('upgrades')).toHaveLength(6);
  });

  test('does not make a first install try without end either, and a new spec is enough to try again', async () => {
    {
      await using _guard = await guard('installs');
      await whims.create('installs');
      const exhausted = await whims.reason('installs', 'RetriesExhausted');
      expect(exhausted.status).toMatchObject({ failures: 2, lastFailure: { action: 'upgrade' } });
      expect(messageOf(exhausted)).toContain('webhook installs.test.velotio.com');
      expect(whims.verbs('installs')).toEqual(['upgrade', 'upgrade']);
      expect(await helmHistory(namespace, 'installs')).toEqual(['1 failed', '2 failed']);
    }
    await whims.patch('installs', { spec: { greeting: 'new' } });
    await whims.ready('installs', 3);
    expect(whims.calls('installs')).toHaveLength(3);
  });
});
