// Which source a CPU profile of the built program means: the build puts many of them into one file, beside which its map lies.
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { CpuProfile } from './profile-groups.ts';

/** The same profile, with the source's URL in each frame of a file that has a map, as far as that says. */
export function withSources(profile: CpuProfile): CpuProfile {
  const maps = new Map<string, SourceMap | undefined>();
  const sourceOf = ({ url, lineNumber, columnNumber }: CpuProfile['nodes'][number]['callFrame']): string => {
    if (!url.startsWith('file:')) return url;
    if (!maps.has(url)) maps.set(url, mapBeside(url));
    const entry = maps.get(url)?.findEntry(lineNumber, columnNumber);
    return entry !== undefined && 'originalSource' in entry ? new URL(entry.originalSource, url).href : url;
  };
  const nodes = profile.nodes.map((node) => ({
    ...node,
    callFrame: { ...node.callFrame, url: sourceOf(node.callFrame) },
  }));
  return { ...profile, nodes };
}

function mapBeside(url: string): SourceMap | undefined {
  const file = `${fileURLToPath(url)}.map`;
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}
