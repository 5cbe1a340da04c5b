// One rule for both doors: the API server lets in the policies that the program takes from a file, and refuses the others.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PURGE_POLICY_GVK, PURGE_POLICY_PLURAL } from '../../../src/api/v1alpha1/purge-policy.ts';
import type { KubeClient } from '../../../src/kube/client.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import { policyOfObject } from '../../../src/purge/policy/policy-document.ts';
import { parsePolicy } from '../../../src/purge/policy/policy-file.ts';
import { openTestClient } from '../../support/cluster-client.ts';
import { established, kubectl } from '../../support/operator-run.ts';
import {
  badPolicies,
  goodPolicies,
  refusedByTheProgramAlone,
  refusedByTheServerAlone,
} from '../../support/policy-examples.ts';

const policies: Resource = { ...PURGE_POLICY_GVK, plural: PURGE_POLICY_PLURAL, isNamespaced: false };
const name = 'policy-crd-test';

let client: KubeClient;
let close: () => Promise<void>;

beforeAll(async () => {
  await kubectl('apply', '--server-side', '--force-conflicts', '-f', 'deploy/crds/velotio.com_purgepolicies.yaml');
  await established('purgepolicies.velotio.com');
  ({ client, close } = await openTestClient());
});

afterAll(async () => {
  await client.delete(policies, { name });
  await close();
});

const policy = (spec: unknown) => ({
  apiVersion: 'velotio.com/v1alpha1',
  kind: 'PurgePolicy',
  metadata: { name },
  spec,
});

/** What each reader says: `taken`, or why not. */
async function verdicts(spec: unknown) {
  return {
    server: await verdict(() => client.create(policies, policy(spec), { fieldManager: 'test', isDryRun: true })),
    file: await verdict(() => parsePolicy(JSON.stringify(policy(spec)), 'policy.json')),
    object: await verdict(() => policyOfObject(policy(spec), 'the policy')),
  };
}

async function verdict(read: () => unknown): Promise<string> {
  try {
    await read();
    return 'taken';
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^(API|POLICY)_INVALID$/) as unknown });
    return error instanceof Error ? error.message : String(error);
  }
}

const taken = 'taken';
const refused = expect.not.stringMatching(/^taken$/) as unknown;

describe('a policy that is good', () => {
  it.each(goodPolicies)('is taken by all: $title', async ({ spec }) => {
    expect(await verdicts(spec)).toEqual({ server: taken, file: taken, object: taken });
  });
});

describe('a policy that is wrong', () => {
  it.each(badPolicies)('is refused by all: $title', async ({ spec }) => {
    expect(await verdicts(spec)).toEqual({ server: refused, file: refused, object: refused });
  });

  it.each(refusedByTheProgramAlone)(
    'in a way that the server does not see is refused by the program: $title',
    async ({ spec }) => {
      expect(await verdicts(spec)).toEqual({ server: taken, file: refused, object: refused });
    },
  );

  it.each(refusedByTheServerAlone)(
    'by the letters of a zone alone is refused by the server: $title',
    async ({ spec }) => {
      expect(await verdicts(spec)).toEqual({ server: refused, file: taken, object: taken });
    },
  );
});

describe('the API server', () => {
  it.each<[object, string]>([
    [{ namespaceSelector: {} }, 'must name at least one label that a namespace carries to opt in'],
    [
      { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      'In and NotIn take at least one value',
    ],
    [{ timeZone: 'Mars/Olympus' }, 'must be the name of a time zone in the IANA database'],
    [{ timeZone: '+01:00' }, 'must be the name of a time zone in the IANA database'],
    [{ minAge: '5 minutes' }, 'must be a duration such as 90s, 5m or 1h30m, not negative'],
    [{ deadline: '10ms' }, 'must be a duration such as 90s, 5m or 1h30m, of at least a second'],
    [{ limits: { maxPercent: 101 } }, 'spec.limits.maxPercent'],
  ])('says what is wrong: %j', async (field, message) => {
    const { server } = await verdicts({ namespaceSelector: { matchLabels: { a: 'b' } }, ...field });
    expect(server).toContain(message);
  });

  it('stores what was said, and no default beside it', async () => {
    const spec = { namespaceSelector: { matchLabels: { a: 'b' } }, limits: {}, undo: {} };
    await client.create(policies, policy(spec), { fieldManager: 'test' });
    expect(await client.get(policies, { name })).toMatchObject({ spec });
    const stored = (await client.get(policies, { name })) as { readonly spec?: unknown };
    expect(stored.spec).toEqual(spec);
  });

  it('prints a policy by its short name', async () => {
    const table = await kubectl('get', 'pp');
    expect(table.split('\n')[0]?.split(/\s{2,}/)).toEqual([
      'NAME',
      'SCHEDULE',
      'TIME ZONE',
      'MODE',
      'SUSPEND',
      'LAST RUN',
      'AGE',
    ]);
  });
});
