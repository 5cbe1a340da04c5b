// The policy by which our purge sees one site, and no other.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PurgePolicySpec } from '../../src/api/v1alpha1/purge-policy.ts';
import type { Site } from '../site.ts';

const label = 'bench.velotio.com/site';

/** What all namespaces of a site carry. */
export function siteLabels({ prefix }: Pick<Site, 'prefix'>): Readonly<Record<string, string>> {
  return { [label]: prefix.replace(/-$/, '') };
}

/** Defaults, but for the caps: they would stop a purge of that many. Gives the file, in `directory`. */
export async function writePolicy(
  site: Site,
  options: { readonly directory: string; readonly spec?: Partial<PurgePolicySpec> },
): Promise<string> {
  const file = join(options.directory, 'policy.yaml');
  const spec: PurgePolicySpec = {
    namespaceSelector: { matchLabels: siteLabels(site) },
    limits: { maxReleases: site.releases.length, maxNamespaces: site.namespaces.length },
    deadline: '6h',
    ...options.spec,
  };
  const policy = { apiVersion: 'velotio.com/v1alpha1', kind: 'PurgePolicy', metadata: { name: 'bench' }, spec };
  await writeFile(file, JSON.stringify(policy, undefined, 2)); // JSON is YAML
  return file;
}
