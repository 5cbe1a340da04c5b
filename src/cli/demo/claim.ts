// Whether a demo may have its cluster's name: never by taking something down that somebody wants.
import { DemoError } from './demo-error.ts';
import { readRecord, writeRecord } from './record.ts';
import { hasCluster, type TakeDownContext, takeDown } from './take-down.ts';
import type { DemoWorkspace } from './workspace.ts';

/**
 * Makes the name this demo's; the lock is held. What a killed demo left is cleaned up first.
 * @throws DemoError `DEMO_KEPT`, `DEMO_NAME_TAKEN`
 */
export async function claim(workspace: DemoWorkspace, context: TakeDownContext): Promise<void> {
  const { name, recordFile } = workspace;
  const record = await readRecord(recordFile);
  const isThere = await hasCluster(workspace, context.io);
  if (record === undefined && isThere) {
    throw new DemoError('DEMO_NAME_TAKEN', `there is a local cluster ${name} that no demo has started`, {
      isTerminal: true,
      remedy: `Give the demo another name (--name), or take that cluster down: bookstore-operator local down --name ${name}`,
    });
  }
  if (record?.isKept === true && isThere) {
    throw new DemoError('DEMO_KEPT', `the demo on the local cluster ${name} is still up: it was left up with --keep`, {
      isTerminal: true,
      remedy: `Take it down (${downLine(name)}), or give this one another name (--name).`,
    });
  }
  if (record !== undefined) {
    context.narrator.say(
      `A demo on the local cluster ${name} ended without cleaning up; what it left is taken down first.`,
    );
    await takeDown(workspace, context);
  }
  await writeRecord(recordFile, { isKept: false });
}

/** The line that takes a demo down. */
export function downLine(name: string): string {
  return `bookstore-operator demo --down${name === 'demo' ? '' : ` --name ${name}`}`;
}
