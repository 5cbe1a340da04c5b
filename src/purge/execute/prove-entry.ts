// The proof right before the act: that what is stored now is the release of the plan, and what it names is its own (P1, P2, P7).
import pMap from 'p-map';
import type { KubeClient } from '../../kube/client.ts';
import type { Discovery } from '../../kube/discovery.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { actingClient, actingUser } from '../../kube/service-account.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { errorText } from '../../lib/error-text.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import { deletesItsClaims, hasClaims } from '../../uninstall/claim-retention.ts';
import { UninstallError } from '../../uninstall/errors.ts';
import type { KnownReleases } from '../../uninstall/known-releases.ts';
import type { LiveReader } from '../../uninstall/listed-objects.ts';
import type { LiveObject } from '../../uninstall/prove-release.ts';
import { type ProvenRelease, proveStored } from '../../uninstall/prove-stored.ts';
import { describeObject } from '../../uninstall/record-trust.ts';
import type { ReleaseKey } from '../../uninstall/uninstaller.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { PurgeSettings } from '../policy/settings.ts';
import { interrupted } from './look-again.ts';
import { touchedSincePlan } from './recheck.ts';
import { asRefusal } from './refusal.ts';
import { failed, type UninstallOutcome } from './uninstall-release.ts';

/** What proving takes. */
export interface ProveEntryDeps {
  readonly client: KubeClient;
  readonly discovery: Discovery;
  readonly settings: Pick<PurgeSettings, 'serviceAccount' | 'allowedKinds' | 'releaseTimeoutMs' | 'volumes'>;
  /** What the plan has read of the releases. Default nothing. */
  readonly known?: KnownReleases | undefined;
  /** Reads the live objects of many releases as ourselves. Default one by one. */
  readonly readListed?: LiveReader | undefined;
}

/** The release, proved; or how it ends, because it is not. In that case nothing of it was touched. */
export type Proof = { readonly proven: ProvenRelease } | { readonly outcome: UninstallOutcome };

/**
 * Proves. Everything is read as whoever is going to act: where that is a ServiceAccount of the release's namespace, nothing
 * can be proved, and nothing deleted, that it may not read. Never throws.
 */
export async function proveEntry(
  { client, discovery, settings, known, readListed }: ProveEntryDeps,
  entry: PlanEntry,
  signal?: AbortSignal,
): Promise<Proof> {
  const { namespace, name } = entry;
  const { serviceAccount, allowedKinds, releaseTimeoutMs: timeoutMs } = settings;
  const user = actingUser(serviceAccount, namespace);
  try {
    const proven = await proveStored(
      { client, discovery },
      {
        namespace,
        name,
        allowedKinds,
        timeoutMs,
        signal,
        mustBeMarked: true,
        // an account proves by what it may read itself
        ...(user === undefined ? { known: known?.take(entry), readListed } : { impersonate: user }),
      },
    );
    if (proven.recordsDigest !== entry.recordsDigest)
      return { outcome: { result: 'skipped', reason: touchedSincePlan } };
    const reading = actingClient(client, { serviceAccount, namespace });
    if (settings.volumes === 'Keep') await requireClaimsKept(reading, { ...proven, release: entry, signal });
    return { proven };
  } catch (error) {
    return {
      outcome: signal?.aborted === true ? interrupted : withAccount(notProved(error), { namespace, serviceAccount }),
    };
  }
}

/**
 * A StatefulSet may have been told to take its claims with it after it was installed: that stands in no manifest.
 * @throws UninstallError, ApiError
 */
async function requireClaimsKept(
  client: KubeClient,
  {
    live,
    release,
    signal,
  }: {
    readonly live: readonly LiveObject[];
    readonly release: ReleaseKey;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const statefulSets = live.filter(({ resource }) => hasClaims(resource));
  await pMap(
    statefulSets,
    async ({ object, resource, meta: { name, namespace } }) => {
      const found = await client.find<KubeObject & { readonly spec?: unknown }>(resource, { name, namespace, signal });
      if (!deletesItsClaims(found)) return;
      const what = quoteUntrusted(describeObject(object));
      const why = `${what} deletes its volume claims with itself (volumes: Keep)`;
      throw new UninstallError(
        'VOLUME_AT_RISK',
        `release ${release.namespace}/${release.name} is not uninstalled: ${why}`,
        {
          remedy:
            'Set its persistentVolumeClaimRetentionPolicy.whenDeleted to Retain, or volumes: Delete in the policy.',
        },
      );
    },
    { concurrency: 4 },
  );
}

const rightsCodes: ReadonlySet<string> = new Set(['OWNERSHIP_UNREADABLE', 'API_FORBIDDEN']);

/** An account that lacks a right most often has none in that namespace at all. */
function withAccount(
  outcome: UninstallOutcome,
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string | undefined },
): UninstallOutcome {
  if (serviceAccount === undefined || outcome.result !== 'failed' || !rightsCodes.has(outcome.code)) return outcome;
  const account = `ServiceAccount ${serviceAccount}`;
  const hint = `${account} may have no RoleBinding in namespace ${namespace}: see deploy/samples/purge-rolebinding.yaml, with that account as its subject.`;
  return { ...outcome, remedy: outcome.remedy === undefined ? hint : `${outcome.remedy} ${hint}` };
}

function notProved(error: unknown): UninstallOutcome {
  if (error instanceof CodedError && error.code === 'HELM_RELEASE_NOT_FOUND') {
    return { result: 'skipped', reason: 'somebody else uninstalled it meanwhile' };
  }
  return asRefusal(failed(error, { message: errorText(error), record: 'left' }));
}
