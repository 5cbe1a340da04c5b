// `helm show crds`: the CustomResourceDefinitions in a chart's `crds/` directory, of its dependencies too.
import type { Helm } from './process.ts';

const timeoutMs = 60_000;

/** As YAML documents; empty where the chart has none. @throws HelmError */
export async function helmShowCrds(
  helm: Helm,
  chart: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const call = { what: `read the CRDs of ${chart}`, timeoutMs, signal: options.signal };
  return (await helm.run(['show', 'crds', chart], call)).stdout;
}
