// `bookstore-operator run`: the options of the operator.
import { Option } from 'commander';
import { logLevels } from '../telemetry/log-level.ts';
import type { CommandHost } from './command.ts';
import { goBoolean, periodMs, wholeNumber } from './parse-options.ts';
import { defaultMetricsAddress, type RunFlags, readRunFlags } from './run-flags.ts';
import { defaultLeaseName } from './run-leadership.ts';
import { addScaffoldFlags } from './scaffold-flags.ts';

/** helm's own limit; more processes at once gain nothing on two cores, and each holds 67 MB. */
const defaultWorkers = 4;

/** Adds the command to the program. The operator itself is loaded by this command alone. */
export function addRunCommand({ parent, io, complete }: CommandHost): void {
  const run = parent
    .command('run')
    .description('run the operator: keep the releases equal to the resources that watches.yaml names')
    .option('--watches-file <file>', 'kind → chart (default: ./watches.yaml, else the one shipped)')
    .option('--allow-missing-env', 'a $VAR in watches.yaml that is not set is empty instead of an error')
    .option('--kubeconfig <file>', 'kubeconfig (default: $KUBECONFIG, ~/.kube/config, or the pod)')
    .option('--context <name>', 'context of the kubeconfig')
    .option(
      '--max-concurrent-reconciles <n>',
      'resources of a kind worked on at once',
      wholeNumber(1, 100),
      defaultWorkers,
    )
    .option(
      '--reconcile-period <duration>',
      'look at each resource again after this long (default: only when something happens)',
      periodMs,
    )
    .option('--health-probe-bind-address <address>', 'where /healthz and /readyz answer; 0 for nowhere', ':8081')
    .option(
      '--metrics-bind-address <address>',
      `where /metrics answers, to tokens that may get it; 0 for nowhere (default: "${defaultMetricsAddress}")`,
    )
    .option('--metrics-secure [bool]', 'serve /metrics as HTTPS, with a certificate of its own making', goBoolean)
    .option('--leader-elect [bool]', 'act only while holding a Lease, so that several replicas can run', goBoolean)
    .option('--leader-election-id <name>', `the Lease's name (default: "${defaultLeaseName}")`)
    .option('--leader-election-namespace <name>', "the Lease's namespace (default: the operator's)")
    .option('--purge-policy <file>', 'PurgePolicy document: purge at its schedule, in its zone')
    .option('--operator-namespace <name>', "the operator's namespace, which is never purged (default: $POD_NAMESPACE)")
    .addOption(new Option('--log-level <level>', 'how much is logged (default: "info")').choices(logLevels));
  addScaffoldFlags(run).action(async (flags: RunFlags) => {
    const { options, notices } = readRunFlags(flags, io.config);
    const { runOperator } = await import('./run-operator.ts');
    return complete(runOperator(options, { io, notices }));
  });
}
