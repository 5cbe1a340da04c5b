// From the flags of `run`, and what helm-operator takes from the environment, to its options. Pure.
import { type Config, ConfigError } from './config.ts';
import { defaultLeaseName } from './run-leadership.ts';
import type { RunOptions } from './run-options.ts';
import { levelOf, type Notice, noticesOf, type ScaffoldFlags } from './scaffold-flags.ts';

/** Which {@link RunOptions} have a default that depends on other flags. */
type Settled = 'metricsBindAddress' | 'metricsSecure' | 'leaderElect' | 'leaderElectionId' | 'logLevel';

/** What argv says. */
export type RunFlags = Omit<RunOptions, Settled> & Partial<Pick<RunOptions, Settled>> & ScaffoldFlags;

/** The options, and what has to be said about the flags. */
export interface ReadRunFlags {
  readonly options: RunOptions;
  readonly notices: readonly Notice[];
}

/** The addresses of `run` unless it is told others. */
export const defaultMetricsAddress = '0';

/** @throws ConfigError `FLAGS_EXCLUDE` for two names of one option, as helm-operator refuses them; `LEASE_NAME_INVALID` */
export function readRunFlags(flags: RunFlags, config: Pick<Config, 'operatorName'>): ReadRunFlags {
  const { leaderElect, enableLeaderElection, metricsBindAddress, metricsAddr } = flags;
  exclude(['--leader-elect', leaderElect], ['--enable-leader-election', enableLeaderElection]);
  exclude(['--metrics-bind-address', metricsBindAddress], ['--metrics-addr', metricsAddr]);
  const { operatorName } = config;
  requireLeaseName('--leader-election-id', flags.leaderElectionId);
  requireLeaseName('OPERATOR_NAME', flags.leaderElectionId === undefined ? operatorName : undefined);
  return {
    options: {
      ...flags,
      metricsBindAddress: metricsBindAddress ?? metricsAddr ?? defaultMetricsAddress,
      metricsSecure: flags.metricsSecure ?? false,
      leaderElect: leaderElect ?? enableLeaderElection ?? false,
      leaderElectionId: flags.leaderElectionId ?? operatorName ?? defaultLeaseName,
      logLevel: flags.logLevel ?? levelOf(flags) ?? 'info',
    },
    notices: noticesOf(flags, { operatorName, isLeaseNamed: flags.leaderElectionId !== undefined }),
  };
}

/** A DNS subdomain: the API server would refuse any other again and again. */
function requireLeaseName(where: string, name: string | undefined): void {
  const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
  if (name === undefined || (name.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(name))) return;
  throw new ConfigError('LEASE_NAME_INVALID', `${where}: ${JSON.stringify(name)} cannot be the name of a Lease`, {
    isTerminal: true,
    remedy: 'Use lower-case letters, digits, - and . only, such as bookstore-operator.',
  });
}

type Given = readonly [flag: string, value: unknown];

function exclude([one, first]: Given, [other, second]: Given): void {
  if (first === undefined || second === undefined) return;
  throw new ConfigError('FLAGS_EXCLUDE', `only one of ${one} and ${other} may be given`, {
    isTerminal: true,
    remedy: `Take ${other} out: it is the old name.`,
  });
}
