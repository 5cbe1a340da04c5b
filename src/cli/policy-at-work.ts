// A policy as a command goes by it: its settings, and the guard that says when it is not what it was any more.
import type { KubeClient } from '../kube/client.ts';
import { systemClock } from '../lib/clock.ts';
import {
  clusterPolicyAgain,
  readClusterPolicy,
  versionOfClusterPolicy,
  type WantedPolicy,
} from '../purge/policy/cluster-policy.ts';
import { canBeReadAgain, policyFileAgain, readPolicyFile, versionOfPolicyFile } from '../purge/policy/policy-file.ts';
import { PolicyGuard } from '../purge/policy/policy-guard.ts';
import { type PurgeSettings, settingsOf } from '../purge/policy/settings.ts';
import type { PolicyOrigin } from '../purge/record/run-record.ts';

/** What it says, and who watches over it. */
export interface PolicyAtWork {
  readonly settings: PurgeSettings;
  /** Of a policy in the cluster, as it was read. */
  readonly origin?: PolicyOrigin;
  /** Undefined where it can be read once only, from a pipe. */
  readonly guard: PolicyGuard | undefined;
}

/** Reads a file. `before`: what a pipe said that has been read already. @throws PurgeError */
export async function policyOfFile(file: string, before?: PurgeSettings): Promise<PolicyAtWork> {
  const isWatched = await canBeReadAgain(file);
  if (!isWatched && before !== undefined) return { settings: before, guard: undefined };
  const policy = await readPolicyFile(file);
  const settings = settingsOf(policy);
  if (!isWatched) return { settings, guard: undefined };
  const version = versionOfPolicyFile(policy);
  return { settings, guard: new PolicyGuard(policyFileAgain(file), { version, clock: systemClock }) };
}

/** Reads it out of the cluster. @throws PurgeError, ApiError */
export async function policyOfCluster(client: KubeClient, wanted: WantedPolicy): Promise<PolicyAtWork> {
  const policy = await readClusterPolicy(client, wanted);
  const again = clusterPolicyAgain(client.impatient(), wanted.name);
  const version = versionOfClusterPolicy(policy.metadata);
  const { uid = '', generation = 0 } = policy.metadata;
  const origin = { uid, generation };
  return { settings: settingsOf(policy), origin, guard: new PolicyGuard(again, { version, clock: systemClock }) };
}
