// The end of old records: what the policy's history limits leave over, in the cluster and among files, is deleted after a run.
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { PurgeRun } from '../../api/v1alpha1/purge-run.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject } from '../../kube/objects.ts';
import { readRunFiles } from './run-files.ts';
import { type HistoryRules, runsToForget } from './run-history.ts';
import { purgeRuns } from './run-object.ts';

/** A run may be as large as etcd takes. */
const pageSize = 20;

/** Where they are. */
export interface RunStores {
  readonly client: KubeClient;
  /** Of report files. */
  readonly directory: string;
}

/**
 * Deletes them. Files and PurgeRuns are counted apart: what lies on one machine says nothing about what the cluster keeps. Where
 * the cluster has no PurgeRuns, or we may not list or delete them, there are files alone.
 * @throws ApiError, or what the file system says: the others are tried again after the next run
 */
export async function forgetRuns({ client, directory }: RunStores, rules: HistoryRules): Promise<void> {
  try {
    await forgetObjects(client, rules);
  } catch (error) {
    if (!isApiError(error, 'API_NOT_FOUND', 'API_FORBIDDEN')) throw error;
  }
  const { runs } = await readRunFiles(directory, client.server);
  const ours = runs.filter(({ file, path }) => basename(path) === `${file.run}.json`); // another name somebody gave
  for (const { path } of runsToForget(ours, rules)) await rm(path, { force: true });
}

/** Each by its uid. */
async function forgetObjects(client: KubeClient, rules: HistoryRules): Promise<void> {
  const { items } = await client.list<PurgeRun & KubeObject>(purgeRuns, { pageSize });
  const stored = items.map((object) => ({ object }));
  for (const { object } of runsToForget(stored, rules)) {
    const { name, uid } = object.metadata;
    if (uid !== undefined) await client.delete(purgeRuns, { name, uid });
  }
}
