// Whether a claim that is pending waits for something that will come: the answer is in its StorageClass.
import type { KubeClient } from '../kube/client.ts';
import { isApiError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import { progressing, type Readiness, ready, type StatusObject, text } from './status-object.ts';

/** The scheduler writes it on the claim of a pod that it has found a node for: from there on the volume is being made. */
const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node';

/** The verdict on a pending claim. */
export interface ClaimVerdict {
  readonly readiness: Readiness;
  /** Whether an event of the claim will tell when it is another. */
  readonly isTold: boolean;
}

interface StorageClass extends KubeObject {
  readonly volumeBindingMode?: string;
}

/**
 * kstatus and Helm wait until a claim is bound. One whose class binds it to its first consumer, and that no pod was
 * scheduled with yet, may never be: nobody needs it then, and it holds nothing back. Where a pod does need it, the pod is
 * what is not ready, and says so. A class that may not be read counts as one that binds at once.
 */
export async function judgePendingClaim(
  claim: StatusObject,
  options: { readonly client: KubeClient; readonly signal: AbortSignal | undefined },
): Promise<ClaimVerdict> {
  const { storageClassName, volumeName } = claim.spec ?? {};
  const name = text(storageClassName);
  if (text(volumeName) !== '') return told(`it is Pending: it waits for the volume ${text(volumeName)}`);
  if (name === '') {
    // the API server fills in the default class, also later when one appears; the empty name asks for a volume without
    return told(storageClassName === undefined ? 'it is Pending: there is no default StorageClass' : 'it is Pending');
  }
  try {
    const { client, signal } = options;
    const storageClass = await client.find<StorageClass>(CoreResources.storageClasses, { name, signal });
    if (storageClass === undefined) {
      return { readiness: progressing(`it is Pending: StorageClass ${name} does not exist`), isTold: false };
    }
    const isAwaited = claim.metadata.annotations?.[selectedNodeAnnotation] !== undefined;
    if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && !isAwaited) {
      return { readiness: ready, isTold: true };
    }
    return told(`it is Pending: StorageClass ${name} has not provided its volume yet`);
  } catch (error) {
    if (!isApiError(error, 'API_FORBIDDEN')) throw error;
    return told(`it is Pending (StorageClass ${name} may not be read)`);
  }
}

function told(message: string): ClaimVerdict {
  return { readiness: progressing(message), isTold: true };
}
