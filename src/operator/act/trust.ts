// Whether a stored revision is what helm wrote when we asked it to (DESIGN.md O7): whoever writes Secrets in the namespace can
// change one, and what is rolled back to is applied with our rights.
import type { ReleaseSnapshot } from '../../api/v1alpha1/watched-status.ts';
import { contentDigest } from '../../release/content-digest.ts';
import { RecordError, type Release } from '../../release/decode.ts';
import { type RecordSecret, recordSecretName } from '../../release/record.ts';
import { UninstallError } from '../../uninstall/errors.ts';
import type { ObservedResource } from '../observe/observation.ts';
import { readRelease } from '../observe/release-reader.ts';
import type { Pass, PassContext } from '../pass.ts';

/** Whether a revision has the content that the resource's status noted of it. */
export function isAsNoted(resource: ObservedResource, release: Release): boolean {
  return notedDigest(resource, release.revision) === contentDigest(release);
}

/** A revision that was read back: what it consists of is noted only where helm has just written it for us. */
export function asRecalled(resource: ObservedResource, snapshot: ReleaseSnapshot): ReleaseSnapshot {
  const { contentDigest: read, ...recalled } = snapshot;
  return read === notedDigest(resource, snapshot.revision) ? snapshot : recalled;
}

function notedDigest({ status }: ObservedResource, revision: number): string | undefined {
  return [status?.release, ...(status?.history ?? [])].find((each) => each?.revision === revision)?.contentDigest;
}

/** Reads the revision that is to be applied again; gives back its Secret. @throws UninstallError `RECORD_UNTRUSTED`; ApiError */
export async function requireTrusted(pass: Pass, revision: number, context: PassContext): Promise<RecordSecret> {
  const { observation, signal } = pass;
  const { resource, releaseNamespace: namespace } = observation;
  const { name } = resource.metadata;
  const refused = (why: string, cause?: unknown): UninstallError =>
    new UninstallError('RECORD_UNTRUSTED', `cannot go back to revision ${revision} of ${namespace}/${name}: ${why}`, {
      cause,
      remedy: 'Look at who may write Secrets in the namespace; the next upgrade is tried all the same.',
    });
  const what = `Secret ${namespace}/${recordSecretName(name, revision)}`;
  const { release, secret } = await readRelease(context.client, { namespace, name, revision }, { signal }).catch(
    (error: unknown) => {
      throw error instanceof RecordError ? refused(`${what} cannot be read: ${error.message}`, error) : error;
    },
  );
  if (!isAsNoted(resource, release)) throw refused(`its record is not what was deployed then (${what})`);
  return secret;
}
