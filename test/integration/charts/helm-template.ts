// Renders the bundled chart with the real helm, without a cluster, and reads what came out.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import { testCluster } from '../../support/test-context.ts';

/** The chart under test. */
export const chartDir = fileURLToPath(new URL('../../../charts/bookstore', import.meta.url));

/** What helm said and how it ended. */
export interface HelmOutput {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs helm without a home: nothing of the developer's configuration gets in. */
export async function helm(args: readonly string[], stdin = ''): Promise<HelmOutput> {
  const child = spawn(testCluster().helm, args, { env: { HOME: '/nonexistent', PATH: process.env.PATH } });
  child.stdin.on('error', () => undefined).end(stdin);
  const [stdout, stderr, ended] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { exitCode: ended[0] as number | null, stdout, stderr };
}

/** Where and with what the chart is rendered. */
export interface RenderOptions {
  /** Default `demo`. */
  readonly release?: string;
  /** Default `shop`. */
  readonly namespace?: string;
  /** Default the bundled one. */
  readonly chart?: string;
  /** One template only, or NOTES. */
  readonly args?: readonly string[];
}

/** The text that helm renders; values are an object, or YAML as a user writes it. */
export async function render(values: object | string = {}, options: RenderOptions = {}): Promise<HelmOutput> {
  const { release = 'demo', namespace = 'shop', chart = chartDir, args = [] } = options;
  const document = typeof values === 'string' ? values : stringify(values);
  return await helm(['template', release, chart, '--namespace', namespace, '--values', '-', ...args], document);
}

/** A rendered object; tests read it by path and compare with what they expect. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** The objects of a rendering that has to succeed. */
export async function manifests(values: object | string = {}, options: RenderOptions = {}): Promise<Manifest[]> {
  const { exitCode, stdout, stderr } = await render(values, options);
  if (exitCode !== 0) throw new Error(`helm template failed: ${stderr}`);
  return parseManifests(stdout);
}

/** The objects in a rendering. Version 1.1 is what helm and kubectl read: there `y` is a truth value and `007` a number. */
export function parseManifests(text: string, version: '1.1' | '1.2' = '1.2'): Manifest[] {
  return parseAllDocuments(text, { version })
    .map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      return document.toJS() as Manifest | null;
    })
    .filter((manifest) => manifest !== null);
}

/** The value at a path such as `spec.ports.0.port`, undefined where it leads nowhere. */
export function at(root: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((node, step) => (node as Readonly<Record<string, unknown>> | undefined)?.[step], root);
}
