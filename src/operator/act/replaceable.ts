// What helm takes for the present state when it makes another revision: what a stored manifest names, and the new one does not,
// it deletes, whoever it belongs to. So a record is proved before it is built on (DESIGN.md O7).
import { isApiError } from '../../kube/errors.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import { RecordError, type Release } from '../../release/decode.ts';
import { type ManifestObject, parseManifest } from '../../release/manifest.ts';
import { recordSecretName } from '../../release/record.ts';
import { UninstallError } from '../../uninstall/errors.ts';
import { lookUpKinds, ownershipOf, readLive } from '../../uninstall/ownership.ts';
import { readRecords } from '../../uninstall/read-records.ts';
import { type DecodedRecord, describeObject, outsideOf, recordMismatch } from '../../uninstall/record-trust.ts';
import { readRelease } from '../observe/release-reader.ts';
import type { Pass, PassContext } from '../pass.ts';
import { actingFor } from './impersonation.ts';
import { isAsNoted } from './trust.ts';

/**
 * Resolves where helm may replace what is deployed: the revision that it starts from is as it was noted when helm had
 * written it for us, or else, having been made by somebody's helm, names nothing outside of the release's namespace that
 * does not carry the release's marks. @throws UninstallError with what is not proved; ApiError
 */
export async function requireReplaceable(
  pass: Pass,
  verb: 'upgrade' | 'rollback',
  context: PassContext,
): Promise<void> {
  const { observation, signal } = pass;
  const { resource, release: present, releaseNamespace: namespace } = observation;
  if (present === undefined || present.status === 'uninstalled') return;
  const client = actingFor(observation, context.client);
  const { name } = resource.metadata;
  const { reader } = await readRecords(client, { namespace, name }, { signal });
  const { records, unread } = reader.forHelm();
  if (unread !== undefined) throw refused(observation, { ...unread, what: 'it cannot be read' });
  for (const record of records) {
    const mismatch = recordMismatch([record]);
    if (mismatch !== undefined) throw refused(observation, { secretName: record.secretName, what: mismatch });
  }
  const revision = startOf(records, verb);
  try {
    const { release } = await readRelease(client, { namespace, name, revision }, { signal });
    if (!isAsNoted(resource, release)) await requireMarked(pass, release, context);
  } catch (error) {
    if (!(error instanceof RecordError || error instanceof UninstallError)) throw error;
    const what = `revision ${revision} is not what this operator deployed`;
    throw refused(observation, { secretName: recordSecretName(name, revision), what, error });
  }
}

/** Names the record that stands in the way, and no other: whoever reads it may go and delete that Secret. */
function refused(
  { resource, releaseNamespace: namespace }: Pass['observation'],
  doubt: { readonly secretName: string; readonly what: string; readonly error?: Error },
): UninstallError {
  const { secretName, what, error } = doubt;
  const secret = `Secret ${namespace}/${secretName}`;
  const why = error === undefined ? what : `${what}: ${error.message}`;
  return new UninstallError(
    error instanceof UninstallError ? error.code : 'RECORD_UNTRUSTED',
    `release ${namespace}/${resource.metadata.name} is left as it is, because of ${secret}: ${why}`,
    {
      cause: error,
      remedy: `Look at who may write Secrets in the namespace. Where somebody forged or damaged that one, delete ${secret}.`,
    },
  );
}

/** helm's own choice: an upgrade starts from the last revision that is deployed, a rollback from the last of all. */
function startOf(records: readonly DecodedRecord[], verb: 'upgrade' | 'rollback'): number {
  const revisions = (of: readonly DecodedRecord[]): number => Math.max(...of.map(({ said }) => said.revision));
  const deployed = records.filter(({ said }) => said.status === 'deployed');
  return revisions(verb === 'upgrade' && deployed.length > 0 ? deployed : records);
}

async function requireMarked({ observation, signal }: Pass, release: Release, context: PassContext): Promise<void> {
  const { releaseNamespace: namespace } = observation;
  const client = actingFor(observation, context.client);
  const objects = parseManifest(release.manifest);
  const lookup = await lookUpKinds(context.discovery, objects, { signal });
  const outside = outsideOf(objects, { namespace, isNamespaced: (one) => lookup(one)?.isNamespaced });
  for (const object of outside) {
    const resource = lookup(object);
    if (resource === undefined)
      throw doubt('KIND_NOT_SERVED', object, 'is of a kind that the API server does not serve');
    const live = await readLive(client, object.metadata, { resource, releaseNamespace: namespace, signal }).catch(
      (error: unknown) => {
        if (!isApiError(error, 'API_FORBIDDEN')) throw error;
        throw doubt('OWNERSHIP_UNREADABLE', object, 'cannot be read');
      },
    );
    if (live !== undefined && ownershipOf(live, release) !== 'ours') {
      throw doubt('OBJECT_UNMARKED', object, 'is outside its namespace and does not carry its marks');
    }
  }
}

function doubt(code: UninstallError['code'], object: ManifestObject, what: string): UninstallError {
  return new UninstallError(code, `${quoteUntrusted(describeObject(object))} in its manifest ${what}`);
}
