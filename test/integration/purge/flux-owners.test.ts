// HelmReleases on a real API server: the releases that Flux would install again are nobody's to purge.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../../src/cli/report-error.ts';
import { explainRelease } from '../../../src/purge/plan/explain.ts';
import { shortenName } from '../../../src/purge/plan/flux-release.ts';
import { makePlan } from '../../../src/purge/plan/make-plan.ts';
import { createFluxKind, deleteFluxKind } from '../../support/flux-kind.ts';
import { PurgeWorld } from '../../support/purge-world.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
let lab: ReleaseLab;
beforeAll(async () => {
  [world, lab] = await Promise.all([PurgeWorld.open('flux', testCluster()), ReleaseLab.open()]);
  await createFluxKind('v2beta2');
});
afterAll(async () => {
  await lab.kubectl('delete', 'clusterrole,clusterrolebinding', '-l', `lab=${world.id}`);
  await Promise.all([world[Symbol.asyncDispose](), lab[Symbol.asyncDispose]()]);
  await deleteFluxKind();
});

interface Fields {
  readonly spec?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function helmRelease(
  namespace: string,
  name: string,
  { spec = {}, annotations = {} }: Fields = {},
): Promise<void> {
  const metadata = { name, namespace, annotations };
  await lab.apply(
    JSON.stringify({ apiVersion: 'helm.toolkit.fluxcd.io/v2beta2', kind: 'HelmRelease', metadata, spec }),
  );
}

/** A user who may read what a plan takes, but for HelmReleases. */
async function blindUser(): Promise<string> {
  const name = `${world.id}-blind`;
  const metadata = `{name: ${name}, labels: {lab: ${world.id}}}`;
  const rbac = 'rbac.authorization.k8s.io';
  await lab.apply(`
apiVersion: ${rbac}/v1
kind: ClusterRole
metadata: ${metadata}
rules: [{apiGroups: [""], resources: [namespaces, secrets], verbs: [get, list]}]
---
apiVersion: ${rbac}/v1
kind: ClusterRoleBinding
metadata: ${metadata}
roleRef: {apiGroup: ${rbac}, kind: ClusterRole, name: ${name}}
subjects: [{apiGroup: ${rbac}, kind: User, name: ${name}}]
`);
  return name;
}

describe('a release that a HelmRelease is about', () => {
  it('is kept, wherever the HelmRelease is and however the release got its name', async () => {
    const flux = await world.namespace('system', { isSelected: false });
    const a = await world.namespace('a');
    const long = `${'l'.repeat(30)}-${'m'.repeat(30)}`;
    await Promise.all(
      ['plain', `${a}-composed`, 'named', 'free', shortenName(long)].map((name) => world.install(a, name)),
    );
    await helmRelease(a, 'plain');
    await helmRelease(a, long);
    await helmRelease(flux, 'composed', { spec: { targetNamespace: a, storageNamespace: a } });
    await helmRelease(flux, 'x', { spec: { releaseName: 'named', targetNamespace: a, storageNamespace: a } });
    await helmRelease(flux, 'free', { spec: { targetNamespace: a } }); // its records are stored beside it
    const plan = await makePlan(world.deps(), { namespaces: [a] });
    expect(world.lines(plan).sort()).toEqual(
      [
        `a/${a}-composed keep foreign`,
        'a/free purge selected',
        `a/${shortenName(long)} keep foreign`,
        'a/named keep foreign',
        'a/plain keep foreign',
      ].sort(),
    );
    expect(plan.entries.find(({ name }) => name === 'named')?.reason).toContain(`HelmRelease ${flux}/x of Flux`);
    const told = await explainRelease(world.deps(), { namespace: a, name: 'plain' }, { namespaces: [a] });
    expect(told.verdict).toMatchObject({ action: 'keep', rule: 'foreign' });
    expect(told.rules.find(({ rule }) => rule === 'keep-owner')?.saw).toContain(`HelmRelease ${a}/plain`);
  });

  it('goes where the policy says so, unless the HelmRelease says keep', async () => {
    const b = await world.namespace('b');
    for (const name of ['goes', 'pinned']) await world.install(b, name);
    await helmRelease(b, 'goes');
    await helmRelease(b, 'pinned', { annotations: { 'purge.velotio.com/keep': 'true' } });
    const deps = world.deps({
      foreignReleases: 'Purge',
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': b } },
    });
    const { plan, outcomes } = await world.purge(deps);
    expect(world.lines(plan)).toEqual(['b/goes purge selected', 'b/pinned keep keep-owner']);
    expect(outcomes).toEqual(['b/goes purged']);
  });

  it('is kept where the HelmRelease came after the plan', async () => {
    const c = await world.namespace('c');
    await world.install(c, 'late');
    const deps = world.deps({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': c } } });
    const { report } = await world.purge(deps, () => helmRelease(c, 'late'));
    expect(report.outcomes).toEqual([
      expect.objectContaining({ result: 'skipped', reason: expect.stringContaining(`HelmRelease ${c}/late`) }),
    ]);
    expect(await world.releases(c)).toEqual(['late']);
  });
});

describe('where HelmReleases', () => {
  it('may not be listed there is no plan, and the command ends with 6', async () => {
    const user = await blindUser();
    const deps = { ...world.deps(), client: world.client.impersonating(user) };
    const error = await makePlan(deps).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: 'API_FORBIDDEN', remedy: expect.stringContaining('helmreleases') });
    expect(exitCodeOf(error)).toBe(6);
  });

  it('are of no kind that is served the plan is made without them', async () => {
    const d = await world.namespace('d');
    await world.install(d, 'shop');
    await helmRelease(d, 'shop');
    await deleteFluxKind();
    const user = await blindUser();
    const deps = { ...world.deps(), client: world.client.impersonating(user) };
    expect(world.lines(await makePlan(deps, { namespaces: [d] }))).toEqual(['d/shop purge selected']);
  });
});
