// The build: src/main.ts and all that it imports, packages as well, as a few files in dist/ that need no node_modules.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

const licenseFile = /^(?:licen[cs]e|notice|copying)/i;

/** What MIT, ISC, BSD and Apache ask for: each package of which something is built in, with its notices. */
function thirdPartyLicenses(): Plugin {
  return {
    name: 'third-party-licenses',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
      const directories = modules.flatMap(
        (id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll('\\', '/')) ?? [],
      );
      const notices = [...new Set(directories)].sort().map(noticesOf);
      this.emitFile({
        type: 'asset',
        fileName: 'THIRD-PARTY-LICENSES.txt',
        source: notices.join(`\n${'-'.repeat(80)}\n\n`),
      });
    },
  };
}

function noticesOf(directory: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  const files = readdirSync(directory).filter((file) => licenseFile.test(file));
  const texts = files.map((file) => readFileSync(join(directory, file), 'utf8').trim());
  return [`${name} ${version} (${license})\n`, ...texts.map((text) => `${text}\n`)].join('\n');
}

const lazyHttp = '\0node:http';

/**
 * To be imported, `node:http` reads each of its exports, and one of them loads Node's own copy of undici: 45 ms and 13 MB
 * that nobody here needs. Asked for by a call it does not.
 */
function withoutBuiltinUndici(): Plugin {
  return {
    name: 'without-builtin-undici',
    resolveId: (source) => (/^(?:node:)?http$/.test(source) ? lazyHttp : null),
    load: (id) => (id === lazyHttp ? "module.exports = process.getBuiltinModule('node:http');" : null),
  };
}

export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  tsconfig: 'tsconfig.json',
  // Its build for Node asks the environment at each token whether it is to be logged: a quarter of the time it takes.
  resolve: { alias: { yaml: join(import.meta.dirname, 'node_modules', 'yaml', 'browser', 'index.js') } },
  // Its 760 models have static fields, which count as effects: each would be kept, although nobody uses it.
  treeshake: { moduleSideEffects: [{ test: /\/@kubernetes\/client-node\//, sideEffects: false }] },
  plugins: [withoutBuiltinUndici(), thirdPartyLicenses()],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    chunkFileNames: '[name].js',
    sourcemap: true,
    // Names of errors are read by people, and stack traces: nothing is renamed or minified.
    keepNames: true,
    minify: false,
  },
});
