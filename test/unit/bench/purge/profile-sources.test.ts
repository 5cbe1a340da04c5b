// Where a frame of a built file comes from.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { withSources } from '../../../../bench/purge/profile-sources.ts';

test('a frame of a file with a map is its source’s, and every other one stays what it is', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'profile-sources-'));
  const url = (path: string) => pathToFileURL(join(directory, path)).href;
  // line 0 comes from the first source, line 2 from the second
  const map = { version: 3, sources: ['../src/a.ts', '../node_modules/b/b.js'], names: [], mappings: 'AAAA;;ACAA' };
  await writeFile(join(directory, 'main.js.map'), JSON.stringify(map));
  const sourceOf = (frameUrl: string, lineNumber: number) => {
    const callFrame = { functionName: 'f', url: frameUrl, lineNumber, columnNumber: 0 };
    return withSources({ nodes: [{ id: 1, callFrame }], samples: [], timeDeltas: [] }).nodes[0]?.callFrame.url;
  };
  try {
    expect(sourceOf(url('main.js'), 0)).toBe(url('../src/a.ts'));
    expect(sourceOf(url('main.js'), 2)).toBe(url('../node_modules/b/b.js'));
    for (const other of [url('unmapped.js'), 'node:net', '']) expect(sourceOf(other, 0)).toBe(other);
  } finally {
    await rm(directory, { recursive: true });
  }
});
