// Rights for a user of a test, in one namespace. As a manifest: kubectl create role asks whether each resource is served yet.
import { adminClient } from './operator-run.ts';

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1', isNamespaced: true } as const;

/** Which rights. */
export interface Grant {
  readonly namespace: string;
  /** Of Role and RoleBinding. */
  readonly name: string;
  readonly user: string;
  readonly verbs: readonly string[];
  /** `secrets`, `deployments.apps`, `bookstores.velotio.com/status`. */
  readonly resources: readonly string[];
}

/** Gives them. */
export async function grant({ namespace, name, user, verbs, resources }: Grant): Promise<void> {
  const { client, close } = await adminClient();
  try {
    const rules = resources.map((resource) => {
      const [, plural = '', group = '', subresource = ''] = /^([^./]+)\.?([^/]*)(\/.*)?$/.exec(resource) ?? [];
      return { apiGroups: [group], resources: [`${plural}${subresource}`], verbs };
    });
    const role = { ...rbac, kind: 'Role', plural: 'roles' };
    const binding = { ...rbac, kind: 'RoleBinding', plural: 'rolebindings' };
    const metadata = { name, namespace };
    const head = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
    await client.create(role, { ...head, kind: 'Role', rules }, { fieldManager: 'test' });
    await client.create(
      binding,
      {
        ...head,
        kind: 'RoleBinding',
        roleRef: { apiGroup: rbac.group, kind: 'Role', name },
        subjects: [{ apiGroup: rbac.group, kind: 'User', name: user }],
      },
      { fieldManager: 'test' },
    );
  } finally {
    await close();
  }
}
