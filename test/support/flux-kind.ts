// Flux' kind HelmRelease, as far as the purge reads it: any spec, any status, and no controller behind it.
import { kubectlApply } from './kubectl-apply.ts';
import { established, kubectl } from './operator-run.ts';

const crdName = 'helmreleases.helm.toolkit.fluxcd.io';
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } as const;

/** Installs the CustomResourceDefinition, in one version, and waits until it is served. */
export async function createFluxKind(version: string): Promise<void> {
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } };
  await kubectlApply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: crdName },
    spec: {
      group: 'helm.toolkit.fluxcd.io',
      scope: 'Namespaced',
      names: { kind: 'HelmRelease', plural: 'helmreleases' },
      versions: [{ name: version, served: true, storage: true, subresources: { status: {} }, schema }],
    },
  });
  await established(crdName);
}

/** Takes it away, with all HelmReleases. */
export async function deleteFluxKind(): Promise<void> {
  await kubectl('delete', 'crd', crdName, '--ignore-not-found', '--timeout=60s');
}
