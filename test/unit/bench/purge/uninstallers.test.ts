// The command lines of others, as their own sources have them.
import { expect, test } from 'vitest';
import { prunerArgs } from '../../../../bench/purge/uninstallers.ts';
import { siteOf } from '../../../../bench/site.ts';

test('the pruner takes everything of one site, deletes no namespace, and never pauses', () => {
  expect(prunerArgs(siteOf('pruner', { n: 2, run: 1 }), 8_081)).toEqual([
    '--older-than=1s',
    '--namespace-filter=^pruner-2-1-',
    '--preserve-namespace',
    '--delete-rate-limit=0',
    '--interval=1h',
    '--health-addr=127.0.0.1:8081',
  ]);
});
