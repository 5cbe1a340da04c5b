// The flags of operator-sdk's helm-operator, so that its Deployment runs us as it is: what each means here, and which have no
// effect. Nothing of it is passed over in silence.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LogLevel } from '../telemetry/log-level.ts';
import { goBoolean } from './parse-options.ts';

/** What only helm-operator's users give. */
export interface ScaffoldFlags {
  readonly enableLeaderElection?: boolean;
  readonly metricsAddr?: string;
  readonly config?: string;
  readonly suppressOverrideValues?: boolean;
  readonly enableHttp2?: boolean;
  readonly metricsRequireRbac?: boolean;
  readonly zapDevel?: boolean;
  readonly zapEncoder?: string;
  readonly zapLogLevel?: LogLevel;
  readonly zapStacktraceLevel?: string;
  readonly zapTimeEncoding?: string;
}

/** Something to say once at the start. */
export interface Notice {
  /** As the user wrote it: `--config`, `OPERATOR_NAME`. */
  readonly flag: string;
  /** What it means here. */
  readonly meaning: string;
}

const heading = 'Options of helm-operator, for a project that moves (docs/migrate-from-operator-sdk.md):';

/** Adds them to `run`. */
export function addScaffoldFlags(run: Command): Command {
  const options = [
    new Option('--enable-leader-election [bool]', 'old name of --leader-elect').argParser(goBoolean),
    new Option('--metrics-addr <address>', 'old name of --metrics-bind-address'),
    new Option('--config <file>', 'not read'),
    new Option('--suppress-override-values [bool]', 'no effect: Events never show a value').argParser(goBoolean),
    new Option('--enable-http2 [bool]', 'no effect: HTTP/1.1 is served').argParser(goBoolean),
    new Option('--metrics-require-rbac [bool]', 'no effect: metrics always ask for a token').argParser(goBoolean),
    new Option('--zap-devel [bool]', 'log level debug').argParser(goBoolean),
    new Option('--zap-encoder <encoder>', 'no effect: lines are JSON').choices(['json', 'console']),
    new Option('--zap-log-level <level>', 'log level: debug, info, error, panic, or a number').argParser(zapLevel),
    new Option('--zap-stacktrace-level <level>', 'no effect').choices(['info', 'error', 'panic']),
    new Option('--zap-time-encoding <encoding>', 'no effect: times are RFC 3339').choices([
      'epoch',
      'millis',
      'nano',
      'iso8601',
      'rfc3339',
      'rfc3339nano',
    ]),
  ];
  for (const option of options) run.addOption(option.helpGroup(heading));
  return run;
}

/** The log level that they ask for. */
export function levelOf({ zapLogLevel, zapDevel }: ScaffoldFlags): LogLevel | undefined {
  return zapLogLevel ?? (zapDevel === true ? 'debug' : undefined);
}

/** What has no effect, or another than in helm-operator; in the order of the flags above. */
export function noticesOf(
  flags: ScaffoldFlags,
  environment: { readonly operatorName: string | undefined; readonly isLeaseNamed: boolean },
): readonly Notice[] {
  const { operatorName, isLeaseNamed } = environment;
  const said: readonly (readonly [isSaid: boolean, flag: string, meaning: string])[] = [
    [flags.enableLeaderElection !== undefined, '--enable-leader-election', 'an old name: write --leader-elect'],
    [flags.metricsAddr !== undefined, '--metrics-addr', 'an old name: write --metrics-bind-address'],
    [
      flags.config !== undefined,
      '--config',
      'its file is not read: write --metrics-bind-address, --health-probe-bind-address, --leader-elect, --leader-election-id',
    ],
    [
      flags.suppressOverrideValues !== undefined,
      '--suppress-override-values',
      'without effect: Events name the path of an overridden value, and never the value',
    ],
    [flags.enableHttp2 === true, '--enable-http2', 'without effect: HTTP/1.1 is served'],
    [
      flags.metricsRequireRbac === false,
      '--metrics-require-rbac',
      'without effect: metrics are always for bearer tokens that may get them',
    ],
    [flags.zapDevel === true, '--zap-devel', 'sets the log level to debug, and nothing else'],
    [flags.zapEncoder === 'console', '--zap-encoder', 'without effect: lines are JSON'],
    [flags.zapStacktraceLevel !== undefined, '--zap-stacktrace-level', 'without effect: errors are logged as one line'],
    [
      flags.zapTimeEncoding !== undefined && !/^(rfc3339|rfc3339nano|iso8601)$/.test(flags.zapTimeEncoding),
      '--zap-time-encoding',
      'without effect: times are RFC 3339',
    ],
    [
      operatorName !== undefined,
      'OPERATOR_NAME',
      isLeaseNamed ? 'without effect: --leader-election-id is given' : 'an old name: write --leader-election-id',
    ],
  ];
  return said.filter(([isSaid]) => isSaid).map(([, flag, meaning]) => ({ flag, meaning }));
}

/** controller-runtime's levels; a number above 0 is more talkative than info, and we have one level for that. */
function zapLevel(text: string): LogLevel {
  const named = { debug: 'debug', info: 'info', error: 'error', panic: 'error' } as const;
  const level = Object.entries(named).find(([name]) => name === text.toLowerCase())?.[1];
  if (level !== undefined) return level;
  if (/^\d{1,4}$/.test(text)) return Number(text) > 0 ? 'debug' : 'info';
  throw new InvalidArgumentError('Must be debug, info, error, panic, or a whole number.');
}
