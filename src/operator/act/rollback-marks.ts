// Who makes a rollback: `helm rollback` takes no labels, but gives the new revision those of the revision that it goes back to.
// So for as long as helm works these say what an upgrade is told to write: for which revision, and whose process it is. A
// rollback whose operator died is known to be dead then, as an upgrade is (DESIGN.md O9).
import { DIGEST_LABEL, HOLDER_LABEL } from '../../api/v1alpha1/labels.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { CoreResources } from '../../kube/resource.ts';
import { errorText } from '../../lib/error-text.ts';
import { formatDigestLabel, parseDigestLabel } from '../decide/desired-digest.ts';
import type { Pass, PassContext } from '../pass.ts';
import { fieldManager } from './field-manager.ts';
import { actingFor } from './impersonation.ts';
import { OutdatedError } from './recheck.ts';

/** Takes the marks away; what cannot be taken away is logged, and means nothing once its revision is made. */
export type RemoveMarks = () => Promise<void>;

type Labels = Readonly<Record<string, string | null>>;

interface Change {
  readonly target: KubeObject;
  readonly patch: { readonly resourceVersion?: string; readonly labels: Labels };
}

/**
 * Marks the record of the revision that is gone back to, exactly as it was read; without the right to, the rollback is made
 * all the same. @throws OutdatedError where the record is another by now; ApiError
 */
export async function markForRollback(pass: Pass, target: KubeObject, context: PassContext): Promise<RemoveMarks> {
  const { resourceVersion, labels = {} } = target.metadata;
  const digest = parseDigestLabel(labels[DIGEST_LABEL])?.digest;
  const holder = await context.helm.holder();
  if (digest === undefined) return () => Promise.resolve(); // it says nothing of its maker
  const revision = (pass.observation.release?.revision ?? 0) + 1;
  const marks = { [DIGEST_LABEL]: formatDigestLabel({ digest, revision }), [HOLDER_LABEL]: holder };
  try {
    await write(pass, { target, patch: { resourceVersion, labels: marks } }, context);
  } catch (error) {
    if (isApiError(error, 'API_FORBIDDEN')) return () => Promise.resolve();
    if (!isApiError(error, 'API_CONFLICT', 'API_NOT_FOUND')) throw error;
    throw new OutdatedError('the revision to go back to has changed meanwhile');
  }
  const before: Labels = { [DIGEST_LABEL]: labels[DIGEST_LABEL] ?? null, [HOLDER_LABEL]: labels[HOLDER_LABEL] ?? null };
  return async () => {
    try {
      await write(pass, { target, patch: { labels: before } }, context);
    } catch (error) {
      if (isApiError(error, 'API_NOT_FOUND')) return; // helm keeps so many and no more
      context.log.warn('marks of a rollback not removed', { key: pass.key, error: errorText(error) });
    }
  };
}

function write(pass: Pass, { patch, target }: Change, context: PassContext): Promise<KubeObject> {
  const { namespace, name } = target.metadata;
  const client = actingFor(pass.observation, context.client);
  return client.merge(
    CoreResources.secrets,
    { metadata: patch },
    { namespace, name, fieldManager, signal: pass.signal },
  );
}
