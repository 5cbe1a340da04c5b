// docs/purge-report.schema.json, which is made from the code. Run by itself it writes it (`npm run generate`), or compares (`--check`).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { purgeReportSchema } from '../../src/purge/record/report-schema.ts';

const file = fileURLToPath(new URL('../../docs/purge-report.schema.json', import.meta.url));
const text = `${JSON.stringify(purgeReportSchema, undefined, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(file, text);
else if (readFileSync(file, 'utf8') !== text) {
  process.stderr.write('docs/purge-report.schema.json differs from the code: npm run generate\n');
  process.exitCode = 1;
}
