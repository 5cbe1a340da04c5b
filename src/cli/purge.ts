// `bookstore-operator purge …`: the options that its commands share, and where each of them hangs.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../lib/did-you-mean.ts';
import { driverModes } from '../uninstall/choose-driver.ts';
import type { CommandHost } from './command.ts';
import { outputFormats } from './output.ts';
import { durationMs, wholeNumber } from './parse-options.ts';
import type { PurgeActions } from './purge-actions.ts';
import type { PurgeKeepOptions } from './purge-keep.ts';
import type { PurgePlanOptions } from './purge-plan.ts';
import type { PurgeRestoreOptions } from './purge-restore.ts';
import type { PurgeRunOptions } from './purge-run.ts';
import type { PurgeRunsOptions } from './purge-runs.ts';

/** Adds `purge` and its sub-commands to the program. What a command does is loaded by that command alone. */
export function addPurgeCommand({ parent, io, complete }: CommandHost): void {
  const purge = parent
    .command('purge')
    .description("uninstall the Helm releases in the developers' namespaces, as a policy says")
    .hook('preSubcommand', refuseUnknown);
  shared(purge.command('plan', { isDefault: true }))
    .description('print what would go, what stays, and why; changes nothing')
    .option('--explain <namespace/release>', 'all that decides about this one', releaseKey)
    .action((options: PurgePlanOptions) => complete(actions().then(({ plan }) => plan(options, io))));
  shared(purge.command('run'))
    .description('print context, server and counts, ask, then purge and report')
    .option('--yes', 'do not ask; needed without a terminal', false)
    .option(
      '--concurrency <n>',
      "releases at once (default: the policy's, else 8 by helm and 32 natively)",
      wholeNumber(1, 64),
    )
    .option('--plan <file>', 'exactly what this plan purges (purge plan -o json), or nothing; - for stdin')
    .option('--report <file>', 'write the JSON report here too')
    .action((options: PurgeRunOptions) => complete(actions().then(({ run }) => run(options, io))));
  connected(purge.command('runs [run]'))
    .description('list what was run, or show one run with what became of each release')
    .action((run: string | undefined, options: PurgeRunsOptions) =>
      complete(actions().then(({ runs }) => runs(run, options, io))),
    );
  connected(purge.command('restore'))
    .argument('<run>', 'a PurgeRun, or a report file')
    .argument('[release...]', 'NAMESPACE/RELEASE', releaseKeys)
    .description('bring back what a run has purged: all of it, or these releases')
    .option('--dry-run', 'print what would come back, what would not, and why; changes nothing', false)
    .option('-f, --file <file>', "the run's policy, where it is not in the cluster")
    .addOption(
      new Option('--service-account <name>', "act as this one of each namespace (default: the run's)").argParser(
        accountName,
      ),
    )
    .option('--yes', 'do not ask; needed without a terminal', false)
    .option('--concurrency <n>', 'releases at once (default: 4)', wholeNumber(1, 64))
    .action((run: string, releases: readonly ReleaseKey[], options: PurgeRestoreOptions) =>
      complete(actions().then(({ restore }) => restore({ run, releases }, options, io))),
    );
  connected(purge.command('keep <namespace[/release]>'))
    .description('keep a namespace or one release out of every purge for a while; needs no policy')
    .option('--for <duration>', 'for this long from now: 90m, 8h, at most 336h', durationMs)
    .option('--until <time>', 'until then (RFC 3339), at most 14 days ahead')
    .option('--off', 'keep it no longer')
    .option('--force', 'also a release that is not there, and in place of what keeps longer', false)
    .action((target: string, options: PurgeKeepOptions) =>
      complete(actions().then(({ keep }) => keep(target, options, io))),
    );
}

async function actions(): Promise<PurgeActions> {
  return (await import('./purge-actions.ts')).purgeActions;
}

/** commander would hand a command that it does not know to the default one, as an argument. */
function refuseUnknown(purge: Command): void {
  const [word] = purge.args;
  const known = purge.commands.map((command) => command.name());
  if (word === undefined || word.startsWith('-') || known.includes(word)) return;
  const meant = didYouMean(word, known);
  const hint = meant === undefined ? `There are: ${known.join(', ')}.` : `Did you mean ${meant}?`;
  purge.error(`error: unknown command 'purge ${word}'. ${hint}`, { code: 'commander.unknownCommand' });
}

function shared(command: Command): Command {
  command
    .option('-f, --file <file>', 'the PurgePolicy, as a file')
    .addOption(
      new Option('--policy <name>', 'the PurgePolicy, by its name in the cluster')
        .argParser(objectName)
        .conflicts('file'),
    )
    .addOption(
      new Option('--driver <name>', 'native: without helm; auto: helm for the releases that native leaves to it')
        .choices(driverModes)
        .default('auto'),
    )
    .option('-n, --namespace <name>', "only these of the policy's namespaces (repeat, or separate by commas)", names);
  return connected(command);
}

function connected(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'format of the data').choices(outputFormats).default('table'))
    .option('--kubeconfig <file>', 'as in kubectl')
    .option('--context <name>', 'as in kubectl')
    .option('--operator-namespace <name>', "the operator's namespace, which is never purged");
}

function accountName(value: string): string {
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(value)) return value;
  throw new InvalidArgumentError('It is not the name of a ServiceAccount.');
}

interface ReleaseKey {
  readonly namespace: string;
  readonly name: string;
}

function releaseKeys(text: string, before: readonly ReleaseKey[] = []): readonly ReleaseKey[] {
  return [...before, releaseKey(text)];
}

function objectName(value: string): string {
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(value)) return value;
  throw new InvalidArgumentError('It is not the name of a PurgePolicy.');
}

/** Whatever name a record claims can be asked about. */
function releaseKey(text: string): ReleaseKey {
  const [, namespace, name] = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\/(.+)$/.exec(text) ?? [];
  if (namespace !== undefined && name !== undefined) return { namespace, name };
  throw new InvalidArgumentError('Must be NAMESPACE/RELEASE.');
}

function names(value: string, before: readonly string[] = []): readonly string[] {
  const found = value.split(',').map((name) => name.trim());
  const wrong = found.find((name) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is not the name of a namespace.`);
  return [...before, ...found];
}
