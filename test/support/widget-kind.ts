// A kind of the tests' own: its objects' status is whatever a test writes there.

import { kubectlApply } from './kubectl-apply.ts';
import { established, kubectl } from './operator-run.ts';

/** The group of such kinds. */
export const widgetGroup = 'readiness.test.example.com';

const nameOf = (kind: string): string => `${kind.toLowerCase()}s.${widgetGroup}`;

/** Installs the kind's CustomResourceDefinition, and waits until it is served. */
export async function createWidgetKind(kind: string): Promise<void> {
  await kubectlApply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: nameOf(kind) },
    spec: {
      group: widgetGroup,
      scope: 'Namespaced',
      names: { kind, plural: `${kind.toLowerCase()}s` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  });
  await established(nameOf(kind));
}

/** Takes it away, with all its objects. */
export async function deleteWidgetKind(kind: string): Promise<void> {
  await kubectl('delete', 'crd', nameOf(kind), '--ignore-not-found', '--timeout=60s');
}
