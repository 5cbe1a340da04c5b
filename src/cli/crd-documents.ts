// The CRDs of watched kinds, each made from the values.schema.json of its chart, and those of the purge.
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { customResourceDefinition, openSpec } from '../api/crd/custom-resource-definition.ts';
import type { Finding } from '../api/crd/findings.ts';
import { pluralOf } from '../api/crd/plural.ts';
import { purgeCrds } from '../api/crd/purge-crds.ts';
import { specSchema } from '../api/crd/spec-schema.ts';
import type { StructuralSchema } from '../api/crd/structural-schema.ts';
import { BOOKSTORE_GVK, BOOKSTORE_KIND, BOOKSTORE_SHORT_NAMES } from '../api/v1alpha1/bookstore.ts';
import { apiVersionOf, GROUP, type GroupVersionKind } from '../api/v1alpha1/group-version.ts';
import { CodedError } from '../lib/coded-error.ts';
import { type ChartFiles, readChartFiles } from '../watches/chart-files.ts';

/** Stable names of what keeps a CRD from being made. */
export type CrdErrorCode = 'CRD_CHART_UNREADABLE' | 'CRD_SCHEMA_INVALID' | 'CRD_KIND_INVALID';

/** A CRD that cannot be made. */
export class CrdError extends CodedError<CrdErrorCode> {}

/** What a CRD is made for and from. */
export interface CrdSource {
  readonly gvk: GroupVersionKind;
  /** Directory or archive. */
  readonly chartPath: string;
  readonly scope: 'Namespaced' | 'Cluster';
  /** Default: the regular English plural. */
  readonly plural?: string;
}

/** A CRD and what there is to say about it. */
export interface CrdDocument {
  /** As controller-gen names its files: `velotio.com_bookstores.yaml`. */
  readonly fileName: string;
  readonly crd: Readonly<Record<string, unknown>>;
  /** For people, a line each. */
  readonly remarks: readonly string[];
}

/**
 * Reads the chart and makes the CRD.
 *
 * @throws {CrdError} with every place in the schema that a CRD cannot say.
 */
export async function crdDocument(source: CrdSource): Promise<CrdDocument> {
  const { gvk, scope } = source;
  if (gvk.group === '') {
    throw new CrdError('CRD_KIND_INVALID', `${gvk.kind} is of the core group, which takes no CRDs`, {
      isTerminal: true,
      remedy: 'Give the kind a group of your own.',
    });
  }
  const { spec, remarks } = await specOf(source);
  const isBookStore = apiVersionOf(gvk) === apiVersionOf(BOOKSTORE_GVK) && gvk.kind === BOOKSTORE_KIND;
  const plural = source.plural ?? pluralOf(gvk.kind);
  const crd = customResourceDefinition({
    gvk,
    spec,
    scope,
    plural,
    ...(isBookStore ? { shortNames: BOOKSTORE_SHORT_NAMES } : {}),
    description: isBookStore
      ? 'A book store: an application and its MongoDB, installed as a Helm release of the same name.'
      : `A Helm release of the same name, made from the values in spec.`,
  });
  return { fileName: `${gvk.group}_${plural}.yaml`, crd, remarks };
}

/** The CRDs that no chart is needed for: PurgePolicy and PurgeRun. */
export const purgeCrdDocuments: readonly (CrdDocument & { readonly gvk: GroupVersionKind })[] = purgeCrds.map(
  ({ gvk, plural, crd }) => ({ gvk, fileName: `${gvk.group}_${plural}.yaml`, crd, remarks: [] }),
);

/** `BookStore`, or in full as kubectl writes it, `BookStore.v1alpha1.velotio.com`. */
export function parseKind(text: string): { readonly kind: string; readonly full: GroupVersionKind | undefined } {
  const [kind = '', version, ...group] = text.split('.');
  return { kind, full: version === undefined ? undefined : { group: group.join('.') || GROUP, version, kind } };
}

async function specOf({ chartPath }: CrdSource): Promise<{ spec: StructuralSchema; remarks: readonly string[] }> {
  const files = await openChart(chartPath);
  const text = files.read('values.schema.json');
  if (text === undefined) {
    const remark = `${chartPath} has no values.schema.json: spec accepts anything, and wrong values are found by helm alone`;
    return { spec: openSpec, remarks: [remark] };
  }
  const schemaPath = resolve(chartPath, 'values.schema.json');
  const result = specSchema(parseJson(text, schemaPath), parseDefaults(files, chartPath));
  if (result.ok) return { spec: result.schema, remarks: result.notes.map((note) => line(schemaPath, note)) };
  const problems = result.problems.map((problem) => line(schemaPath, problem));
  throw new CrdError('CRD_SCHEMA_INVALID', [`${schemaPath} says what a CRD cannot:`, ...problems].join('\n'), {
    isTerminal: true,
    remedy: 'Say these places in the way of docs/crd.md; helm goes on understanding the schema.',
  });
}

function line(file: string, { path, message }: Finding): string {
  return `${file}: ${path}: ${message}`;
}

async function openChart(path: string): Promise<ChartFiles> {
  try {
    return await readChartFiles(path);
  } catch (cause) {
    throw new CrdError('CRD_CHART_UNREADABLE', `cannot read the chart ${path}: ${reason(cause)}`, {
      cause,
      isTerminal: true,
      remedy: 'Name the directory or archive of a chart with --chart.',
    });
  }
}

function parseJson(text: Buffer, path: string): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new CrdError('CRD_SCHEMA_INVALID', `${path} is not JSON: ${reason(cause)}`, { cause, isTerminal: true });
  }
}

function parseDefaults(files: ChartFiles, chartPath: string): unknown {
  const text = files.read('values.yaml');
  if (text === undefined) return undefined;
  try {
    return parse(text.toString('utf8'));
  } catch (cause) {
    const path = resolve(chartPath, 'values.yaml');
    throw new CrdError('CRD_CHART_UNREADABLE', `${path} is not YAML: ${reason(cause)}`, { cause, isTerminal: true });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
