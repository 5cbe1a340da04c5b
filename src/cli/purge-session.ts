// What every purge command begins with: the policy, the connection, who we are, and helm for the same cluster.
import { Helm, type HelmOptions } from '../helm/process.ts';
import type { KubeClient } from '../kube/client.ts';
import { openClient } from '../kube/open-client.ts';
import { PurgeError } from '../purge/errors.ts';
import type { OperatorIdentity } from '../purge/plan/denials.ts';
import type { PolicyGuard } from '../purge/policy/policy-guard.ts';
import type { PurgeSettings } from '../purge/policy/settings.ts';
import type { PolicyOrigin } from '../purge/record/run-record.ts';
import type { DriverMode } from '../uninstall/choose-driver.ts';
import type { CommandIo } from './command.ts';
import { type Config, inPod } from './config.ts';
import { type PolicyAtWork, policyOfCluster, policyOfFile } from './policy-at-work.ts';

/** Where the cluster is, and where the operator is in it. */
export interface ConnectionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly operatorNamespace?: string;
}

/** The options that all purge commands with a policy share. */
export interface PurgeOptions extends ConnectionOptions {
  /** The policy's file; this or `policy`. */
  readonly file?: string;
  /** Name of a PurgePolicy in the cluster. */
  readonly policy?: string;
  readonly namespace?: readonly string[];
  /** What uninstalls, or would. */
  readonly driver: DriverMode;
}

/** A connection, and who we are on it. */
export interface PurgeConnection {
  readonly client: KubeClient;
  readonly operator: OperatorIdentity;
  readonly close: () => Promise<void>;
}

/** A command's surroundings. */
export interface PurgeSession extends PurgeConnection {
  readonly settings: PurgeSettings;
  /** Of a policy in the cluster, as it was read. */
  readonly origin?: PolicyOrigin;
  /** Says when the policy is not any more what it was when it was read. */
  readonly guard: PolicyGuard | undefined;
}

/** The namespace where the operator lives unless something says otherwise (DESIGN.md §1). */
const defaultOperatorNamespace = 'bookstore-operator-system';

/**
 * Reads the policy: of a file before any connection is opened, of the cluster over the one that the purge goes on with.
 * @throws PurgeError, ApiError
 */
export async function openPurgeSession(options: PurgeOptions, io: CommandIo): Promise<PurgeSession> {
  const wanted = options.file === undefined ? policyName(options) : await policyOfFile(options.file);
  const connection = await openPurgeConnection(options, io);
  try {
    const policy: PolicyAtWork =
      typeof wanted === 'string'
        ? await policyOfCluster(connection.client, { name: wanted, signal: io.signal })
        : wanted;
    for (const notice of policy.settings.notices) io.stderr.write(`note: ${notice}\n`);
    return { ...policy, settings: { ...policy.settings, driver: options.driver }, ...connection };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The connection alone, for a command without a policy. @throws ApiError */
export async function openPurgeConnection(options: ConnectionOptions, io: CommandIo): Promise<PurgeConnection> {
  const { client, close } = await openClient({
    kubeconfig: options.kubeconfig ?? io.config.kubeconfig,
    context: options.context,
    homeDir: io.config.homeDir,
  });
  // as `run` does: both must look for the lock in the same place
  const config = options.operatorNamespace === undefined ? inPod(io.config, client) : io.config;
  return { client, operator: operatorIdentity(config, options.operatorNamespace), close };
}

function policyName({ policy }: PurgeOptions): string {
  if (policy !== undefined) return policy;
  throw new PurgeError('POLICY_NOT_NAMED', 'no policy is named', {
    isTerminal: true,
    remedy: 'Name a file with -f FILE, or a PurgePolicy in the cluster with --policy NAME (kubectl get purgepolicies).',
  });
}

/** Every namespace that may be the operator's is denied: a denial too many costs nothing. */
export function operatorIdentity(config: Config, flag: string | undefined): OperatorIdentity {
  const namespaces = [config.podNamespace, flag, defaultOperatorNamespace].filter((name) => name !== undefined);
  return { namespaces: [...new Set(namespaces)], releaseName: 'bookstore-operator' };
}

/** What keeps a helm from being started, or from running on, outside a term of leadership. */
export type HelmFence = Pick<HelmOptions, 'beforeStart' | 'graceMs'>;

/** A helm that acts on the very cluster that the client talks to, whatever the environment or a later context says. */
export function helmFor(
  client: KubeClient,
  io: CommandIo,
  options: {
    readonly kubeconfig?: string | undefined;
    readonly maxProcesses: number;
    readonly observe?: HelmOptions['observe'];
  } & HelmFence,
): Helm {
  return new Helm({
    binary: io.config.helmBin,
    env: Object.fromEntries(Object.entries(io.config.env).filter(([name]) => !name.startsWith('HELM_KUBE'))),
    maxProcesses: options.maxProcesses,
    ...(options.observe === undefined ? {} : { observe: options.observe }),
    ...(options.beforeStart === undefined ? {} : { beforeStart: options.beforeStart }),
    ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
    // A path list in $KUBECONFIG is understood from the environment only.
    kubeconfig: options.kubeconfig,
    context: client.isInCluster ? undefined : client.context,
  });
}
