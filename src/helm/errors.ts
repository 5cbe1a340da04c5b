// What helm can fail with, as one typed error. The only file that matches helm's texts.
import { MAX_RELEASE_NAME_LENGTH } from '../api/v1alpha1/watched-resource.ts';
import { CodedError, type CodedErrorOptions } from '../lib/coded-error.ts';

/** Stable names of helm's failures. */
export type HelmErrorCode =
  | 'HELM_MISSING'
  | 'HELM_TOO_OLD'
  | 'HELM_TIMEOUT'
  | 'HELM_CANCELLED'
  | 'HELM_RELEASE_NOT_FOUND'
  | 'HELM_NAME_IN_USE'
  | 'HELM_RELEASE_LOCKED'
  | 'HELM_CHART_INVALID'
  | 'HELM_VALUES_INVALID'
  | 'HELM_RENDER_FAILED'
  | 'HELM_OBJECT_INVALID'
  | 'HELM_OBJECT_OWNED'
  | 'HELM_KIND_MISSING'
  | 'HELM_FORBIDDEN'
  | 'HELM_SERVICE_ACCOUNT_MISSING'
  | 'HELM_QUOTA_EXCEEDED'
  | 'HELM_NAMESPACE_UNAVAILABLE'
  | 'HELM_NAME_INVALID'
  | 'HELM_HOOK_FAILED'
  | 'HELM_WEBHOOK_FAILED'
  | 'HELM_RECORD_TOO_LARGE'
  | 'HELM_API_UNREACHABLE'
  | 'HELM_THROTTLED'
  | 'HELM_FAILED';

/** What is to be done about a name that Helm refuses. */
export const nameRemedy = `Rename the resource: Helm allows ${MAX_RELEASE_NAME_LENGTH} characters, lower-case letters, digits, "-" and ".".`;

/** Options of {@link HelmError}. */
export interface HelmErrorOptions extends CodedErrorOptions {
  /** The arguments helm was started with; never values. */
  readonly args?: readonly string[];
  readonly durationMs?: number;
}

/** A helm process that did not do what was asked. */
export class HelmError extends CodedError<HelmErrorCode> {
  readonly args: readonly string[];
  readonly durationMs: number | undefined;

  constructor(code: HelmErrorCode, message: string, options: HelmErrorOptions = {}) {
    super(code, message, options);
    this.args = options.args ?? [];
    this.durationMs = options.durationMs;
  }
}

interface Pattern {
  readonly code: HelmErrorCode;
  readonly text: RegExp;
  /** Whether trying again cannot help until somebody changes something. */
  readonly isTerminal: boolean;
  readonly remedy: string | ((stderr: string) => string);
}

/** First match wins: from the specific to the general. Seen with helm 4.2.3. */
const patterns: readonly Pattern[] = [
  {
    // before all others: why the API server did not reach it reads like helm not reaching the API server
    code: 'HELM_WEBHOOK_FAILED',
    text: /failed calling webhook|conversion webhook for .* failed/,
    isTerminal: false,
    remedy: webhookRemedy,
  },
  {
    // before what reads like it: it may befall the very first request, by which helm finds out whether the server is there.
    // helm has repeated it ten times by then, each time after as long as it was asked to wait
    code: 'HELM_THROTTLED',
    text: /the server has received too many requests|\bToo ?Many ?Requests\b/i,
    isTerminal: false,
    remedy: 'The API server has more to do than it can: wait, or run fewer at once.',
  },
  {
    code: 'HELM_CANCELLED',
    text: /has been cancelled|context canceled|signal: (killed|terminated)/,
    isTerminal: false,
    remedy: 'It is tried again.',
  },
  {
    code: 'HELM_RELEASE_LOCKED',
    text: /another operation \(install\/upgrade\/rollback\) is in progress/,
    isTerminal: false,
    remedy: 'Wait for the other helm, or free the release: helm rollback NAME REVISION.',
  },
  {
    // before what the API server said of it: the release is what is to go, whatever is wrong with the hook
    code: 'HELM_HOOK_FAILED',
    text: /warning: Hook (pre|post)-delete \S+ failed/,
    isTerminal: false,
    remedy: 'Mend the hook, or uninstall by hand without it: helm uninstall --no-hooks.',
  },
  {
    code: 'HELM_RELEASE_NOT_FOUND',
    text: /release: not found|has no deployed releases/,
    isTerminal: false,
    remedy: 'Look at helm history NAME.',
  },
  {
    code: 'HELM_NAME_IN_USE',
    text: /cannot re-?use a name that is still in use|release: already exists/,
    isTerminal: false,
    remedy: 'Look at helm list, and for a Secret sh.helm.release.v1.NAME.v1 that is no record of Helm: remove it.',
  },
  {
    code: 'HELM_VALUES_INVALID',
    text: /values don't meet the specifications of the schema|failed to parse .*cannot unmarshal/,
    isTerminal: true,
    remedy: "Correct the values: the message names each path, the chart's values.schema.json its type.",
  },
  {
    code: 'HELM_CHART_INVALID',
    text: /Chart\.yaml file is missing|chart\.metadata|validation: chart|chart requires kubeVersion|path ".*" not found|unable to detect chart at|cannot load (Chart|values)\.yaml|missing in charts\/ directory|an error occurred while checking for chart dependencies/i,
    isTerminal: true,
    remedy: 'Repair the chart: helm lint shows the place.',
  },
  {
    code: 'HELM_NAME_INVALID',
    text: /release name is invalid|exceeds max length of \d+/,
    isTerminal: true,
    remedy: nameRemedy,
  },
  {
    code: 'HELM_OBJECT_OWNED',
    text: /invalid ownership metadata|cannot be imported into the current release/,
    isTerminal: true,
    remedy: 'An object of that name belongs to somebody else: rename the resource, or remove the object.',
  },
  {
    code: 'HELM_RECORD_TOO_LARGE',
    text: /sh\.helm\.release\S* is invalid: .*Too long/s,
    isTerminal: true,
    remedy: 'The release is larger than a Secret can hold (1 MiB): make the chart or its values smaller.',
  },
  {
    code: 'HELM_RENDER_FAILED',
    text: /execution error at|template: .*executing|parse error (at|in)|error converting YAML to JSON|YAML parse error|function ".*" not defined|error calling|nil pointer evaluating/,
    isTerminal: true,
    remedy: 'Correct the template or the values it names: helm template CHART shows the same error.',
  },
  {
    code: 'HELM_KIND_MISSING',
    text: /no matches for kind|ensure CRDs are installed first|unable to recognize|resource mapping not found/,
    isTerminal: false,
    remedy: 'Install the CustomResourceDefinition that the chart needs.',
  },
  {
    code: 'HELM_HOOK_FAILED',
    // a delete hook's failure names only its object
    text: /(pre|post)-(install|upgrade|delete|rollback)( hooks?)? failed|failed (pre|post)-(install|upgrade|delete|rollback)|not ready\. status: Failed/,
    isTerminal: false,
    remedy: "Look at the hook's Job and its pods' logs.",
  },
  {
    code: 'HELM_NAMESPACE_UNAVAILABLE',
    text: /because it is being terminated|namespaces "[^"]*" not found/,
    isTerminal: false,
    remedy: 'Create the namespace, or wait until it is gone.',
  },
  {
    code: 'HELM_QUOTA_EXCEEDED',
    text: /exceeded quota/,
    isTerminal: false,
    remedy: 'Raise the ResourceQuota that the message names, or free what it counts.',
  },
  {
    code: 'HELM_SERVICE_ACCOUNT_MISSING',
    text: /error looking up service account/,
    isTerminal: false,
    remedy: 'Create the ServiceAccount that the message names.',
  },
  {
    code: 'HELM_FORBIDDEN',
    text: /is forbidden: (User|user) |is forbidden: .* cannot /,
    isTerminal: false,
    remedy: 'Grant the right that the message names.',
  },
  {
    code: 'HELM_OBJECT_INVALID',
    text: /is invalid: |admission webhook .* denied|field not declared in schema|failed to create typed patch|strict decoding error|unknown field|unable to decode "|is forbidden:/,
    isTerminal: true,
    remedy: 'The API server refuses an object of the chart: correct the values or the chart.',
  },
  {
    code: 'HELM_API_UNREACHABLE',
    text: /cluster unreachable|connection refused|connection reset|no such host|i\/o timeout|EOF$|TLS handshake|server is currently unable|the server was unable to return|etcdserver:/m,
    isTerminal: false,
    remedy: 'Check that the API server is up.',
  },
  {
    code: 'HELM_TIMEOUT',
    text: /timed out waiting for the condition|context deadline exceeded/,
    isTerminal: false,
    remedy: 'Give it more time (timeout), or look at what does not become ready.',
  },
  {
    // helm 4 keeps the cause, often a 403, to itself
    code: 'HELM_FAILED',
    text: /failed to delete release: /,
    isTerminal: false,
    remedy:
      'helm does not say why: helm uninstall NAME --debug does. Often a right is missing: kubectl auth can-i delete KIND --namespace NAMESPACE --as USER.',
  },
];

/** The longest message kept of helm's output, in characters: it goes into status and Events. */
const messageLimit = 1_000;

/** Turns the output of a helm that failed into a typed error. `what` says what was tried: `upgrade a/b`. */
export function classifyHelmFailure(
  what: string,
  failure: { readonly stderr: string; readonly exitCode: number | undefined; readonly args: readonly string[] },
): HelmError {
  const text = essence(failure.stderr);
  const found = patterns.find((pattern) => pattern.text.test(failure.stderr));
  return new HelmError(
    found?.code ?? 'HELM_FAILED',
    `cannot ${what}: ${text === '' ? `helm ended with code ${failure.exitCode ?? 'none'} and said nothing` : text}`,
    {
      args: failure.args,
      isTerminal: found?.isTerminal ?? false,
      ...(found === undefined ? {} : { remedy: remedyOf(found, failure.stderr) }),
    },
  );
}

function remedyOf({ remedy }: Pattern, stderr: string): string {
  return typeof remedy === 'string' ? remedy : remedy(stderr);
}

/** Names the webhook and what serves it: it is somebody else's, and all that is to be repaired. */
function webhookRemedy(stderr: string): string {
  const [, name] = /failed calling webhook "([\w.-]{1,253})"/.exec(stderr) ?? [];
  const [, host = ''] = /(?:Post|Get) "https:\/\/([\w.:[\]-]{1,253})/.exec(stderr) ?? [];
  const [, service, namespace] = /^([\w-]+)\.([\w-]+)\.svc(?::\d+)?$/.exec(host) ?? [];
  const where = service === undefined ? host : `Service ${namespace}/${service}`;
  const what = name === undefined ? 'a conversion webhook' : `webhook ${name}`;
  const who = where === '' ? what : `${what} (${where})`;
  return `The API server cannot call ${who}: repair what serves it, or remove the configuration that names it.`;
}

/** Helm's own words without its warnings, log lines, prefix, and what a terminal would obey; bounded. */
function essence(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim())
    .filter((line) => line !== '' && !/^(WARNING|level=|time=|I\d{4} |W\d{4} |E\d{4} |\w+\.go:)/.test(line));
  // on one line: kubectl shows a column's first line alone, and the path of a wrong value stands in the third
  const text = lines
    .reduce((before, line) => (before === '' ? line : `${before}${before.endsWith(':') ? ' ' : '; '}${line}`), '')
    .replace(/^Error: /, '');
  return text.length > messageLimit ? `${text.slice(0, messageLimit - 1)}…` : text;
}
