// The rules of the house, read off the imports and the text of src/. A finding says why, and where to go instead.
import { describe, expect, test } from 'vitest';
import { readSourceFiles, type SourceFile } from './source-files.ts';

const files = readSourceFiles();

/** Low to high. A room sees only what is lower; rooms of one layer do not see one another. */
const layers: readonly (readonly string[])[] = [
  ['api', 'lib'],
  ['telemetry'],
  ['kube', 'watches', 'helm', 'schedule', 'http'],
  ['release'],
  ['uninstall'],
  ['controller'],
  ['operator', 'purge'],
  ['cli'],
  ['main.ts'],
];

/** Rooms with a list of their own: the launcher of the local cluster stands alone. */
const onlySees: Readonly<Record<string, readonly string[]>> = { local: ['lib'], api: [], lib: [] };

/** The one door of each dependency. */
const doors: readonly { readonly packages: RegExp; readonly rooms: readonly string[]; readonly instead: string }[] = [
  { packages: /^execa$/, rooms: ['helm', 'local'], instead: 'call a verb of helm/' },
  { packages: /^(@kubernetes\/client-node|undici)$/, rooms: ['kube'], instead: 'take a KubeClient' },
  { packages: /^p-map$/, rooms: ['purge', 'uninstall'], instead: 'use the workqueue of controller/' },
  {
    packages: /^p-limit$/,
    rooms: ['helm', 'uninstall'],
    instead: 'use p-map in purge/, the workqueue elsewhere',
  },
  { packages: /^node-cron$/, rooms: ['schedule'], instead: 'ask schedule/' },
  { packages: /^commander$/, rooms: ['cli'], instead: 'parse in cli/ and hand in a value' },
  { packages: /^prom-client$/, rooms: ['telemetry'], instead: 'take the Metrics' },
  { packages: /^pino$/, rooms: ['telemetry'], instead: 'take a Logger' },
];

/** Files whose outcome depends on their arguments alone, by room. */
const pure: Readonly<Record<string, string>> = {
  'operator/decide': 'decide|desired-digest|failure|lock|ownership|past|reach|resource-settings|states',
  'operator/readiness': 'pod-trouble|readiness|readiness-summary|status-object|workload-rules',
  'operator/status': 'read-status|status|verdict',
  'operator/takeover': 'managed-fields|sdk-traces',
  'operator/values': 'overrides-note|reference-index|values|values-annotation|values-from',
  watches: 'parse.*|expand-env|override-values|text-rules|values-yaml',
  'purge/execute': 'fair-queue',
  'purge/keep': 'keep|keep-request',
  'purge/plan':
    'caps|content-rules|denials|explain.*|make-plan|not-restored|plan|plan-difference|plan-file|rule-sights|rules|survey',
  'purge/policy': 'namespace-selector',
  'purge/record': 'group-commit|report|report-schema|run-history|run-name|run-record|run-summary',
  'purge/restore': 'restore-refusal|restore-report|undo-secret',
  schedule: 'calendar|expression|time-zone',
  uninstall: 'native-coverage|record-trust',
  release: 'record|manifest|content-digest|encode|json-members',
  api: '.*',
  lib: 'backoff|did-you-mean|go-bool|go-duration|error-text|coded-error|merge-maps|one-line|proc-stat|quote-untrusted',
};
const pureFiles = new RegExp(
  `^(${Object.entries(pure)
    .map(([room, names]) => `${room}/(${names})`)
    .join('|')})\\.ts$`,
);

const impure: readonly { readonly what: string; readonly pattern: RegExp; readonly instead: string }[] = [
  {
    what: 'reads the clock',
    pattern: /\bDate\.now\(|new Date\(\)|performance\.now\(/,
    instead: 'take nowMs as a parameter',
  },
  {
    what: 'draws a random number',
    pattern: /Math\.random\(|randomBytes\(|randomUUID\(/,
    instead: 'take random as a parameter',
  },
  {
    what: 'does I/O',
    pattern: /from 'node:(fs|fs\/promises|net|http|https|child_process|dns|tls|timers|timers\/promises)'/,
    instead: 'take the content as a parameter',
  },
];

function expectNone(findings: readonly string[]): void {
  expect(findings.join('\n')).toBe('');
}

function layerOf(room: string): number {
  return layers.findIndex((layer) => layer.includes(room));
}

describe('layers', () => {
  test('every room has a layer', () => {
    const unknown = files.filter(({ room }) => layerOf(room) === -1 && onlySees[room] === undefined);
    expectNone(unknown.map(({ path }) => `${path}: its room is in no layer; HOUSE.md lists the rooms`));
  });

  test('a room imports only what is below it', () => {
    const findings = files.flatMap((file) =>
      file.imports.flatMap(({ target }) => {
        const other = target === undefined ? undefined : roomOf(target);
        return other === undefined || other === file.room || maySee(file.room, other)
          ? []
          : [
              `${file.path} imports ${target}: ${file.room} may not see ${other}. Declare an interface here and let cli/ wire it.`,
            ];
      }),
    );
    expectNone(findings);
  });

  test('there is no import cycle', () => {
    expectNone(findCycles(files));
  });

  test('there is no barrel file', () => {
    const barrels = files.filter(({ code }) => /^\s*export\s+(\*|\{[^}]*\})\s+from\s/m.test(code));
    expectNone(barrels.map(({ path }) => `${path} re-exports: import from the file that owns the thing`));
  });
});

describe('doors', () => {
  test.each(doors)('$packages is imported in its rooms only', ({ packages, rooms, instead }) => {
    const findings = files
      .filter((file) => !rooms.includes(file.room))
      .flatMap((file) => file.imports.filter(({ specifier }) => packages.test(specifier)).map(() => file.path));
    expectNone(findings.map((path) => `${path}: only ${rooms.join(', ')} may; ${instead}`));
  });

  test('the environment is read in cli/config.ts alone', () => {
    const readers = files.filter(({ path, code }) => path !== 'cli/config.ts' && /process\.env\b/.test(code));
    expectNone(readers.map(({ path }) => `${path} reads process.env: take it from Config`));
  });

  test('nobody calls process.exit', () => {
    const callers = files.filter(({ code }) => /process\.exit\(/.test(code));
    expectNone(callers.map(({ path }) => `${path}: return an exit code instead, so that clean-up runs`));
  });
});

describe('files', () => {
  test('pure files read no clock, draw no random number and do no I/O', () => {
    const findings = files
      .filter(({ path }) => pureFiles.test(path))
      .flatMap(({ path, code }) =>
        impure.filter(({ pattern }) => pattern.test(code)).map(({ what, instead }) => `${path} ${what}: ${instead}`),
      );
    expectNone(findings);
  });

  test('every file says in its first line what it owns', () => {
    const silent = files.filter(({ text }) => !/^(#!.*\n)?\/\/ \S/.test(text));
    expectNone(silent.map(({ path }) => `${path}: begin with a comment that says what the file owns`));
  });

  test('no file is longer than 300 lines', () => {
    const long = files.filter(({ text }) => text.split('\n').length > 301);
    expectNone(long.map(({ path }) => `${path} is too long: split it by verb`));
  });

  test('nothing is called utils, helpers, manager or types', () => {
    const vague = files.filter(({ path }) => /(^|\/)(manager|types)\.ts$|(^|\/|-)(utils?|helpers?)\.ts$/.test(path));
    expectNone(vague.map(({ path }) => `${path}: name it after what it owns`));
  });
});

function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path;
}

function maySee(room: string, other: string): boolean {
  const own = onlySees[room];
  if (own !== undefined) return own.includes(other);
  if (other === 'local') return room === 'cli';
  return layerOf(other) < layerOf(room);
}

function findCycles(all: readonly SourceFile[]): readonly string[] {
  const imports = new Map(all.map((file) => [file.path, file.imports.flatMap(({ target }) => target ?? [])]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at !== -1) {
      cycles.push(`cycle: ${[...trail.slice(at), path].join(' → ')}. Move what both need into a file below.`);
      return;
    }
    if (done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return cycles;
}
