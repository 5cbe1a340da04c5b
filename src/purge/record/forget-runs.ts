// The end of old records: what the policy's history limits leave over is deleted after a run.
import type { PurgeRun } from '../../api/v1alpha1/purge-run.ts';
import type { KubeClient } from '../../kube/client.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { type HistoryRules, runsToForget } from './run-history.ts';
import { purgeRuns } from './run-object.ts';

/** A run may be as large as etcd takes. */
const pageSize = 20;

/** Deletes them, each by its uid. @throws ApiError: the others are tried again after the next run */
export async function forgetRuns(client: KubeClient, rules: HistoryRules): Promise<void> {
  const { items } = await client.list<PurgeRun & KubeObject>(purgeRuns, { pageSize });
  for (const { metadata } of runsToForget(items, rules)) {
    const { name, uid } = metadata;
    if (uid !== undefined) await client.delete(purgeRuns, { name, uid });
  }
}
