// Descriptions of spec fields: where the chart's defaults live, because the schema must not carry them.
import { isDeepStrictEqual } from 'node:util';
import { childPath, type Findings } from './findings.ts';

/** What a description is made from. */
export interface DescriptionSource {
  readonly node: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** The value in the chart's values.yaml, undefined where there is none. */
  readonly chartDefault: unknown;
  /** Whether fields below say their own defaults. */
  readonly hasFields: boolean;
}

/**
 * `Text. Default: 1.` A default in the schema that is not the one in values.yaml is a problem: one of the two is wrong.
 */
export function describe(source: DescriptionSource, findings: Findings): string | undefined {
  const { node, path, chartDefault } = source;
  const said = [node.description, node.title].filter((text) => typeof text === 'string').find((text) => text !== '');
  const sentences: string[] = [];
  if (node.deprecated === true) sentences.push('Deprecated.');
  if (said !== undefined) sentences.push(sentence(said));
  if (node.default !== undefined && chartDefault !== undefined && !isDeepStrictEqual(node.default, chartDefault)) {
    findings.problem(
      childPath(path, 'default'),
      `is ${JSON.stringify(node.default)}, but values.yaml says ${JSON.stringify(chartDefault)}`,
    );
  }
  const value = node.default ?? (source.hasFields ? undefined : chartDefault);
  if (value !== undefined && value !== null && !/\bDefault:/.test(said ?? '')) {
    sentences.push(`Default: ${JSON.stringify(value)}.`);
  }
  return sentences.length === 0 ? undefined : sentences.join(' ');
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
