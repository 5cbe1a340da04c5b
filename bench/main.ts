// `npm run bench -- NAME [options]`: measures, writes docs/benchmarks/NAME.md, and ends with one JSON line on stdout.
import { parseArgs } from 'node:util';
import { benchIdle } from './idle.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { n: { type: 'string' }, seconds: { type: 'string' } },
});
const sizes = (values.n ?? '0,60').split(',').map(Number);
const seconds = Number(values.seconds ?? 60);
if (positionals.length !== 1 || positionals[0] !== 'idle' || !sizes.every(Number.isSafeInteger) || !(seconds > 0)) {
  process.stderr.write('usage: npm run bench -- idle [--n 0,60] [--seconds 60]\n');
  process.exitCode = 2;
} else {
  process.stdout.write(`${JSON.stringify(await benchIdle({ sizes, seconds }))}\n`);
}
