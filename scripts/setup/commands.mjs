// What each npm script runs once the clone is set up. `$args` stands for what the user added after `--`.

const program = ['node', 'src/main.ts'];
const stateTable = ['node', 'test/support/state-table.ts'];
const reportSchema = ['node', 'test/support/report-schema-file.ts'];
const vitest = ['node', 'node_modules/vitest/vitest.mjs', 'run'];
// The bundler empties dist/ itself, once it has something to put there.
const build = [
  { run: ['node', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'] },
  { run: ['node', 'node_modules/rolldown/bin/cli.mjs', '--config', 'rolldown.config.ts', '--configLoader', 'native'] },
];

/**
 * A command is a list of steps, run in order; the first that fails ends it, unless `keepGoing` is set: then all run and
 * the failed ones are named at the end. `cwd: 'caller'` keeps the directory of the caller.
 */
export const commands = {
  setup: { steps: [] },
  build: { steps: build },
  test: { steps: [...build, { run: [...vitest, '$args'] }] },
  // The long runs at full length, by hand; `npm test` has twenty seconds of each.
  soak: {
    steps: [...build, { run: [...vitest, '--project', 'soak', '$args'], env: { BOOKSTORE_SOAK: 'full' } }],
  },
  bench: { steps: [...build, { run: ['node', 'bench/main.ts', '$args'] }] },
  check: {
    keepGoing: true,
    steps: [
      {
        title: 'format and lint',
        run: ['node', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
      },
      { title: 'type-aware lint', run: ['node', 'node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings'] },
      { title: 'types', run: ['node', 'node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'] },
      { title: 'architecture', run: [...vitest, '--project', 'unit', 'test/unit/architecture'] },
      { title: 'generated files', run: [...program, 'crd', '--check', 'deploy/crds'] },
      { title: 'generated documents', run: [...stateTable, '--check'] },
      { title: 'generated schema', run: [...reportSchema, '--check'] },
    ],
  },
  generate: {
    steps: [{ run: [...program, 'crd', '--write', 'deploy/crds'] }, { run: stateTable }, { run: reportSchema }],
  },
  demo: { steps: [{ run: [...program, 'demo', '$args'] }] },
  exec: { steps: [{ run: ['$args'] }], cwd: 'caller' },
};
