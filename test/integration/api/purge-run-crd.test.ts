// What the API server makes of a PurgeRun: it names a policy, it cannot be changed, and its record is bounded.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PURGE_RUN_GVK, PURGE_RUN_PLURAL, PurgeRunBound } from '../../../src/api/v1alpha1/purge-run.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import { openTestClient } from '../../support/cluster-client.ts';
import { established, kubectl } from '../../support/operator-run.ts';

const runs: Resource = { ...PURGE_RUN_GVK, plural: PURGE_RUN_PLURAL, isNamespaced: false };
const fieldManager = 'test';
const name = 'run-crd-test';

let client: KubeClient;
let close: () => Promise<void>;

beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgeruns.yaml');
  await established('purgeruns.velotio.com');
  ({ client, close } = await openTestClient());
  const spec = { policy: 'nightly', namespaces: ['team-a', 'team-b'] };
  await client.create(runs, run(spec), { fieldManager });
});

afterAll(async () => {
  await client.delete(runs, { name });
  await close();
});

const run = (spec: unknown) => ({ apiVersion: 'velotio.com/v1alpha1', kind: 'PurgeRun', metadata: { name }, spec });

const ask = (spec: unknown) => {
  const object = { ...run(spec), metadata: { name: 'another' } };
  return client.create(runs, object, { fieldManager, isDryRun: true });
};

describe('a PurgeRun', () => {
  it.each([
    ['a policy by its name', { policy: 'nightly' }],
    ['a dry run', { policy: 'nightly', dryRun: true }],
    ['some of its namespaces', { policy: 'nightly', namespaces: ['team-a'] }],
  ])('may ask for %s', async (_what, spec) => {
    await expect(ask(spec)).resolves.toMatchObject({ spec });
  });

  it.each([
    ['without a policy', {}],
    ['with a policy without a name', { policy: '' }],
    ['with a policy written out', { policy: { namespaceSelector: { matchLabels: { a: 'b' } } } }],
    ['with a selector', { policy: 'nightly', namespaceSelector: {} }],
    ['for no namespace', { policy: 'nightly', namespaces: [] }],
    ['for a namespace that is none', { policy: 'nightly', namespaces: ['*'] }],
  ])('%s is refused', async (_what, spec) => {
    await expect(ask(spec)).rejects.toMatchObject({ code: 'API_INVALID' });
  });

  it.each([{ policy: 'other' }, { dryRun: true }, { namespaces: null }, { namespaces: ['team-b', 'team-a'] }])(
    'cannot be changed: %j',
    async (spec) => {
      await expect(client.merge(runs, { spec }, { name, fieldManager })).rejects.toMatchObject({
        code: 'API_INVALID',
        message: expect.stringContaining('create another PurgeRun') as unknown,
      });
    },
  );

  it('keeps a bounded record, which is written apart from the spec', async () => {
    const outcomes = (length: number) =>
      Array.from({ length }, (_, at) => ({
        namespace: 'team-a',
        name: `r${at}`,
        revision: 1,
        result: 'failed',
        message: 'x'.repeat(PurgeRunBound.messageLength),
        driver: 'helm',
        driverReason: 'y'.repeat(PurgeRunBound.driverReasonLength),
      }));
    const write = (status: object) => client.merge(runs, { status }, { name, fieldManager, subresource: 'status' });
    const full = { phase: 'Failed', outcomes: outcomes(PurgeRunBound.outcomes), outcomesOmitted: 7 };
    await expect(write(full)).resolves.toMatchObject({ status: { outcomesOmitted: 7 } });
    await expect(write({ outcomes: outcomes(PurgeRunBound.outcomes + 1) })).rejects.toMatchObject({
      code: 'API_INVALID',
    });
    await expect(write({ phase: 'Unheard' })).rejects.toMatchObject({ code: 'API_INVALID' });
    await client.merge(runs, { status: { phase: 'Succeeded' } }, { name, fieldManager });
    await expect(client.get(runs, { name })).resolves.toMatchObject({ status: { phase: 'Failed' } });
  });

  it('is printed with what became of it, by its short name', async () => {
    const [head, row] = (await kubectl('get', 'pr', name)).split('\n');
    expect(head?.split(/\s{2,}/)).toEqual(['NAME', 'POLICY', 'DRY RUN', 'PHASE', 'PURGED', 'FAILED', 'KEPT', 'AGE']);
    expect(row).toMatch(/^run-crd-test\s+nightly\s+Failed/);
  });
});
