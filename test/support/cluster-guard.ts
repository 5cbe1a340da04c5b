// Runs beside a test run and cleans up after it when it ends without doing so: killed, crashed, interrupted twice.
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from '../../src/local/process-identity.ts';
import { removeTestRoot } from './local-cluster.ts';

const { owner, testRoot }: { owner: ProcessIdentity; testRoot: string } = JSON.parse(process.argv[2] ?? '{}');
while (await isRunning(owner)) await delay(500);
await removeTestRoot(testRoot);
