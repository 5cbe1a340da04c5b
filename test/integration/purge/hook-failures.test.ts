// Delete hooks that fail under the real helm: which one it was, and what is gone and what is not.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PurgeWorld } from '../../support/purge-world.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { testCluster } from '../../support/test-context.ts';

let world: PurgeWorld;
let lab: ReleaseLab;
beforeAll(async () => {
  [world, lab] = await Promise.all([PurgeWorld.open('hooks', testCluster()), ReleaseLab.open()]);
});
afterAll(async () => {
  await Promise.all([world[Symbol.asyncDispose](), lab[Symbol.asyncDispose]()]);
});

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\n---\n';

/** A Job that the controller calls failed after a second: on this cluster its pod works for longer. */
const failingJob = (event: string): string => `
apiVersion: batch/v1
kind: Job
metadata: {name: clean, annotations: {helm.sh/hook: ${event}}}
spec:
  activeDeadlineSeconds: 1
  backoffLimit: 0
  template:
    metadata: {annotations: {local.velotio.com/complete-after: 60s}}
    spec: {restartPolicy: Never, containers: [{name: clean, image: clean}]}
---
`;
/** What the API server refuses. */
const refusedHook = (event: string): string => `
apiVersion: v1
kind: Service
metadata: {name: broken, annotations: {helm.sh/hook: ${event}}}
spec: {ports: [{port: 0}]}
---
`;

async function purge(ns: string, template: string) {
  const rules = `
- {apiGroups: [""], resources: [secrets, configmaps, services], verbs: [get, list, watch, create, update, patch, delete]}
- {apiGroups: [batch], resources: [jobs], verbs: [get, list, watch, create, patch, delete]}`;
  await lab.serviceAccount(ns, 'purger', rules);
  await lab.helm('install', 'shop', await lab.chart(configMap + template), '-n', ns);
  const only = { matchLabels: { 'purge-test': world.id, 'kubernetes.io/metadata.name': ns } };
  const deps = world.deps({ namespaceSelector: only, serviceAccount: 'purger', releaseTimeout: '30s' });
  const { report } = await world.purge(deps);
  return report.outcomes[0];
}

describe.each([
  ['a Job that fails', failingJob, 'Job/clean'],
  ['an object that the API server refuses', refusedHook, 'Service/broken'],
])('a release whose delete hook is %s', (what, hook, name) => {
  const suffix = what.startsWith('a Job') ? 'job' : 'refused';

  it('fails before anything of it was deleted, where the hook is pre-delete', async () => {
    const ns = await world.namespace(`pre-${suffix}`);
    const outcome = await purge(ns, hook('pre-delete'));
    expect(outcome).toMatchObject({
      result: 'failed',
      code: 'HELM_HOOK_FAILED',
      record: 'left',
      message: expect.stringContaining(`"pre-delete hook ${name}" failed: nothing else of the release was deleted`),
    });
    expect(outcome).not.toHaveProperty('left');
    expect(await lab.exists('configmap', '-n', ns, 'own')).toBe(true);
    expect(await world.releases(ns)).toEqual(['shop']);
  });

  it('fails with its record gone, where the hook is post-delete, and says what is left', async () => {
    const ns = await world.namespace(`post-${suffix}`);
    const outcome = await purge(ns, hook('post-delete'));
    expect(outcome).toMatchObject({
      result: 'failed',
      code: 'HELM_HOOK_FAILED',
      record: 'gone',
      message: expect.stringContaining(`"post-delete hook ${name}" failed: the release was deleted before it ran`),
    });
    expect(await lab.exists('configmap', '-n', ns, 'own')).toBe(false);
    expect(await world.releases(ns)).toEqual([]);
    const left = outcome !== undefined && 'left' in outcome ? outcome.left : undefined;
    expect(left?.map(({ kind, why }) => `${kind} ${why}`) ?? []).toEqual(suffix === 'job' ? ['Job hook'] : []);
  });
});
