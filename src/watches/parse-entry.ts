// One entry of watches.yaml: every field read, checked and defaulted (DESIGN.md §3).
import type { ExpandOptions } from './expand-env.ts';
import { FieldReader, type Located, readText } from './field-reader.ts';
import { parseValuesPath } from './override-values.ts';
import { parseOverrides } from './parse-overrides.ts';
import { parseSelector } from './parse-selector.ts';
import {
  dataKey,
  groupName,
  jsonPointer,
  kindName,
  namespaceName,
  nonEmpty,
  objectName,
  versionName,
} from './text-rules.ts';
import type { DriftIgnoreRule, DriftTarget, ParsedWatchEntry, ValuesReference } from './watch-entry.ts';

const DEFAULT_TIMEOUT_MS = 300_000;
const DEFAULT_MAX_HISTORY = 10;
const DEFAULT_RETRIES = 3;

/**
 * Reads an entry. Returns undefined where group, version, kind or chart are unusable; problems are collected either way,
 * so the caller must not use any entry of a document that has some.
 */
export function parseEntry(reader: FieldReader, options: ExpandOptions): ParsedWatchEntry | undefined {
  const group = reader.text('group', groupName) ?? '';
  const version = reader.requiredText('version', versionName);
  const kind = reader.requiredText('kind', kindName);
  const chartPath = reader.requiredText('chart', nonEmpty('the path of a chart'));
  const reconcilePeriodMs = reader.periodMs('reconcilePeriod');
  const fields = {
    watchDependentResources: reader.boolean('watchDependentResources') ?? true,
    ...parseOverrides(reader, options),
    selector: parseSelector(reader, 'selector') ?? {},
    // helm-operator's way to say "never" is 0.
    reconcilePeriodMs: reconcilePeriodMs === 0 ? undefined : reconcilePeriodMs,
    maxConcurrentReconciles: reader.integer('maxConcurrentReconciles', 1),
    dryRunOption: reader.oneOf('dryRunOption', ['none', 'server']) ?? 'none',
    timeoutMs: reader.durationMs('timeout') ?? DEFAULT_TIMEOUT_MS,
    readyTimeoutMs: reader.durationMs('readyTimeout') ?? DEFAULT_TIMEOUT_MS,
    maxHistory: reader.integer('maxHistory', 0) ?? DEFAULT_MAX_HISTORY,
    driftDetection: parseDrift(reader),
    valuesFrom: reader.list('valuesFrom').flatMap((item) => parseReference(reader, item) ?? []),
    allowValuesFromAnnotation: reader.boolean('allowValuesFromAnnotation') ?? false,
    releaseNamespace: reader.text('releaseNamespace', namespaceName),
    crds: reader.oneOf('crds', ['Skip', 'Create', 'CreateReplace']) ?? 'Create',
    remediation: parseRemediation(reader),
    serviceAccount: reader.text('serviceAccount', objectName),
  } satisfies Omit<ParsedWatchEntry, 'gvk' | 'chartPath'>;
  reader.rejectUnknown();
  if (version === undefined || kind === undefined || chartPath === undefined) return undefined;
  return { gvk: { group, version, kind }, chartPath, ...fields };
}

function parseRemediation(entry: FieldReader): ParsedWatchEntry['remediation'] {
  const reader = entry.mapping('remediation');
  const remediation = {
    install: reader?.oneOf('install', ['uninstall', 'none']) ?? 'none',
    upgrade: reader?.oneOf('upgrade', ['rollback', 'none']) ?? 'rollback',
    retries: reader?.integer('retries', 0) ?? DEFAULT_RETRIES,
  } as const;
  reader?.rejectUnknown();
  return remediation;
}

function parseDrift(entry: FieldReader): ParsedWatchEntry['driftDetection'] {
  const reader = entry.mapping('driftDetection');
  const drift = {
    mode: reader?.oneOf('mode', ['enabled', 'warn', 'disabled']) ?? 'enabled',
    ignore: reader?.list('ignore').flatMap((item) => parseIgnore(reader, item) ?? []) ?? [],
  } as const;
  reader?.rejectUnknown();
  return drift;
}

function parseIgnore(parent: FieldReader, item: Located): DriftIgnoreRule | undefined {
  const reader = FieldReader.open(parent.source, item);
  if (reader === undefined) return undefined;
  reader.required('paths', 'a list of JSON pointers');
  const paths = reader.list('paths').flatMap((path) => readText(reader.source, path, jsonPointer) ?? []);
  const target = parseTarget(reader);
  reader.rejectUnknown();
  return { paths, ...(target === undefined ? {} : { target }) };
}

function parseTarget(rule: FieldReader): DriftTarget | undefined {
  const reader = rule.mapping('target');
  if (reader === undefined) return undefined;
  const target = {
    group: reader.text('group', groupName),
    version: reader.text('version', versionName),
    kind: reader.text('kind', kindName),
    name: reader.text('name', nonEmpty('a name')),
    namespace: reader.text('namespace', namespaceName),
    labelSelector: parseSelector(reader, 'labelSelector'),
  };
  reader.rejectUnknown();
  return definedOnly(target);
}

function parseReference(parent: FieldReader, item: Located): ValuesReference | undefined {
  const reader = FieldReader.open(parent.source, item);
  if (reader === undefined) return undefined;
  reader.required('kind', 'Secret or ConfigMap');
  const kind = reader.oneOf('kind', ['Secret', 'ConfigMap']);
  const name = reader.requiredText('name', objectName);
  const valuesKey = reader.text('valuesKey', dataKey) ?? 'values.yaml';
  const optional = reader.boolean('optional') ?? false;
  const targetPath = reader.text('targetPath', {
    expected: 'a path such as mongodb.auth.password',
    test: (text) => parseValuesPath(text).ok,
  });
  reader.rejectUnknown();
  if (kind === undefined || name === undefined) return undefined;
  return { kind, name, valuesKey, optional, ...(targetPath === undefined ? {} : { targetPath }) };
}

type Defined<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };

function definedOnly<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
