// A PurgePolicy in the cluster: read by its name, and checked as a file is, since an older CRD may have let in what is refused today.
import { PURGE_POLICY_GVK, PURGE_POLICY_PLURAL, type PurgePolicy } from '../../api/v1alpha1/purge-policy.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import type { Resource } from '../../kube/resource.ts';
import { PurgeError } from '../errors.ts';
import { policyOfObject } from './policy-document.ts';
import type { ReadPolicyAgain } from './policy-guard.ts';

const purgePolicies: Resource = { ...PURGE_POLICY_GVK, plural: PURGE_POLICY_PLURAL, isNamespaced: false };
/** So many names are told where one was not found. */
const maxToldNames = 20;

/** Which policy. */
export interface WantedPolicy {
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads and checks the policy; its metadata has the uid and the generation, unlike a file's.
 * @throws PurgeError `POLICY_NOT_FOUND` (it names those that there are), `POLICY_CRD_MISSING`, `POLICY_INVALID`
 * @throws ApiError where it cannot be read
 */
export async function readClusterPolicy(client: KubeClient, wanted: WantedPolicy): Promise<PurgePolicy> {
  const found = await client.find(purgePolicies, wanted);
  if (found === undefined) throw await notFound(client, wanted);
  const { name } = wanted;
  if (found.metadata.deletionTimestamp !== undefined) {
    throw new PurgeError('POLICY_NOT_FOUND', `the PurgePolicy ${name} is being deleted`, {
      isTerminal: true,
      remedy: 'Name another one, or make it anew. Nothing was deleted.',
    });
  }
  const policy = policyOfObject(found, `the PurgePolicy ${name} in ${client.context}`);
  const { uid, generation } = found.metadata;
  return { ...policy, metadata: { ...policy.metadata, uid, ...(generation === undefined ? {} : { generation }) } };
}

/** What a guard compares: the API server raises the generation with each change of `spec`. */
export function versionOfClusterPolicy({ uid, generation }: PurgePolicy['metadata']): string {
  return `${uid} ${generation}`;
}

/** Reads it again, and judges nothing but what ends a run. One that is being deleted is gone. */
export function clusterPolicyAgain(client: KubeClient, name: string): ReadPolicyAgain {
  return async (signal) => {
    const found = await client.find<KubeObject & Partial<Pick<PurgePolicy, 'spec'>>>(purgePolicies, { name, signal });
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) return undefined;
    return { isSuspended: found.spec?.suspend === true, version: versionOfClusterPolicy(found.metadata) };
  };
}

async function notFound(client: KubeClient, { name, signal }: WantedPolicy): Promise<PurgeError> {
  const names = await namesOf(client, signal);
  if (names === 'not-served') return crdMissing(client);
  return new PurgeError('POLICY_NOT_FOUND', `there is no PurgePolicy ${name} in ${client.context} (${client.server})`, {
    isTerminal: true,
    remedy: names === 'forbidden' ? 'You may not list those that there are: ask for its name.' : tell(names),
  });
}

async function namesOf(
  client: KubeClient,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | 'not-served' | 'forbidden'> {
  try {
    const { items } = await client.list(purgePolicies, { isMetadataOnly: true, signal });
    return items.map(({ metadata }) => metadata.name).sort();
  } catch (error) {
    if (isApiError(error, 'API_NOT_FOUND')) return 'not-served';
    if (isApiError(error, 'API_FORBIDDEN')) return 'forbidden';
    throw error;
  }
}

function tell(names: readonly string[]): string {
  if (names.length === 0) return 'There is none at all: kubectl apply one, or name a file with -f.';
  const more = names.length - maxToldNames;
  return `There are: ${names.slice(0, maxToldNames).join(', ')}${more > 0 ? `, and ${more} more` : ''}.`;
}

function crdMissing({ context, server }: KubeClient): PurgeError {
  return new PurgeError('POLICY_CRD_MISSING', `${context} (${server}) does not know PurgePolicies`, {
    isTerminal: true,
    remedy:
      'Install their CustomResourceDefinition (bookstore-operator crd --kind PurgePolicy | kubectl apply -f -), or name a file with -f.',
  });
}
