// The image: what goes in, what does not, and as whom it runs.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { commands } = await import(`${root}/scripts/setup/commands.mjs`);

interface Instruction {
  readonly name: string;
  readonly text: string;
}

interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** The Dockerfile as stages: comments gone, continued lines joined. */
function readStages(): Stage[] {
  const lines = readFileSync(`${root}/Dockerfile`, 'utf8')
    .replaceAll(/^\s*#.*$/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const line of lines) {
    const [, name = '', text = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    const from = /^(\S+)(?:\s+AS\s+(\S+))?$/.exec(text);
    if (name === 'FROM') stages.push({ name: from?.[2] ?? 'final', from: from?.[1] ?? '', instructions: [] });
    else stages.at(-1)?.instructions.push({ name, text });
  }
  return stages;
}

const stages = readStages();
const stage = (name: string): Stage => {
  const found = stages.find((each) => each.name === name);
  if (found === undefined) throw new Error(`the Dockerfile has no stage ${name}`);
  return found;
};
const texts = (of: Stage, instruction: string): string[] =>
  of.instructions.filter(({ name }) => name === instruction).map(({ text }) => text);
const final = stage('final');

describe('the image', () => {
  it('is made of the last stage, which builds nothing and holds no shell step but one for its cache directory', () => {
    expect(stages.at(-1)).toBe(final);
    expect(texts(final, 'RUN')).toEqual(['install -d -o 65532 -g 65532 /var/cache/helm']);
  });

  it('runs as a number that is not root, to the end', () => {
    expect(texts(final, 'USER')).toEqual(['65532:65532']);
    const names = final.instructions.map(({ name }) => name);
    expect(names.slice(names.indexOf('USER'))).not.toContain('COPY');
  });

  it('starts node itself as process 1, with `run` as the command that a user replaces', () => {
    expect(texts(final, 'ENTRYPOINT')).toEqual(['["node", "/app/dist/main.js"]']);
    expect(texts(final, 'CMD')).toEqual(['["run"]']);
  });

  it('holds the program, its charts and watches.yaml, helm, and no node_modules', () => {
    expect(texts(final, 'COPY')).toEqual([
      '--from=helm /helm /usr/local/bin/helm',
      'package.json watches.yaml ./',
      'charts ./charts',
      '--from=build /app/dist ./dist',
    ]);
  });

  it('is built as `npm run build` does, and no package’s install script was run for it', () => {
    const steps: readonly { readonly run: readonly string[] }[] = commands.build.steps;
    const args = steps.map(({ run: [, , ...words] }) => words.join(' '));
    expect(texts(stage('build'), 'RUN')).toEqual([
      'npm ci --ignore-scripts',
      `npx --no-install tsc ${args[0]} && npx --no-install rolldown ${args[1]}`,
    ]);
    expect(steps).toHaveLength(2);
  });

  it('gets helm by a checksum on every architecture, and nothing else from the network', () => {
    const downloads = stages.flatMap((each) => texts(each, 'ADD').map((text) => ({ stage: each.name, text })));
    expect(downloads.map((each) => each.stage)).toEqual(['helm-amd64', 'helm-arm64']);
    for (const { stage: name, text } of downloads) {
      const architecture = name.replace('helm-', '');
      expect(text).toMatch(
        new RegExp(
          `^--checksum=sha256:[0-9a-f]{64} https://get\\.helm\\.sh/helm-v4\\.2\\.3-linux-${architecture}\\.tar\\.gz `,
        ),
      );
    }
    expect(new Set(downloads.map(({ text }) => text.split(' ')[0])).size).toBe(2);
    for (const each of stages) expect(texts(each, 'RUN').join('\n')).not.toMatch(/\b(?:curl|wget|apt-get|git) /);
  });

  it('is built on one base image of the Node that the package asks for, and no tag is `latest`', () => {
    const bases = new Set(stages.map(({ from }) => from.replaceAll(/\$\{(\w+)\}/g, '<$1>')));
    expect([...bases].sort()).toEqual(['<NODE_IMAGE>', 'helm-<TARGETARCH>', 'scratch']);
    const [, major] = /^ARG NODE_IMAGE=docker\.io\/library\/node:(\d+)-/m.exec(dockerfile()) ?? [];
    const { engines } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { engines: { node: string } };
    expect(Number(major)).toBeGreaterThanOrEqual(Number(/^>=(\d+)/.exec(engines.node)?.[1]));
    expect(dockerfile()).not.toContain(':latest');
  });

  it('copies only what is there and what .dockerignore lets through', () => {
    const allowed = readFileSync(`${root}/.dockerignore`, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = stages
      .flatMap((each) => texts(each, 'COPY'))
      .filter((text) => !text.startsWith('--from='))
      .flatMap((text) => text.split(' ').slice(0, -1));
    for (const path of copied) {
      expect(existsSync(`${root}/${path}`), path).toBe(true);
      expect(allowed).toContain(path);
    }
    for (const path of allowed) expect(copied).toContain(path);
  });

  it('copies from stages that are there', () => {
    const names = stages.map(({ name }) => name);
    for (const text of stages.flatMap((each) => texts(each, 'COPY'))) {
      const from = /^--from=(\S+)/.exec(text)?.[1];
      if (from !== undefined) expect(names).toContain(from);
    }
  });
});

function dockerfile(): string {
  return readFileSync(`${root}/Dockerfile`, 'utf8').replaceAll(/^#.*$/gm, '');
}
