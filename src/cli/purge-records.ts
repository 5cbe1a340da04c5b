// How the runs of the commands are recorded: where, asked for by whom, and how trouble with it is told.
import { hostname } from 'node:os';
import { ownHolder } from '../helm/holder.ts';
import type { KubeClient } from '../kube/client.ts';
import { whoAmI } from '../kube/self-review.ts';
import { systemClock } from '../lib/clock.ts';
import type { RecordTalk, RunRecords } from '../purge/record/begin-record.ts';
import { runsDirectory } from '../purge/record/report-file.ts';
import type { PurgeLog } from '../purge/run-night.ts';
import type { CommandIo } from './command.ts';
import { oneLine } from './output.ts';
import { workerByHand } from './purge-lock.ts';
import type { PurgeSession } from './purge-session.ts';

/** Of a run by hand. The session's client is not fenced. */
export async function recordsByHand(
  session: PurgeSession,
  options: {
    readonly report?: string;
    readonly namespace?: readonly string[];
    readonly onEvent?: RunRecords['onEvent'];
    /** Told that the run is to be brought back by a file, not by its name. */
    readonly onSpare: (path: string) => void;
  },
  io: CommandIo,
): Promise<RunRecords> {
  const { client, origin } = session;
  const tell = (text: string): void => void io.stderr.write(`${oneLine(text)}\n`);
  return {
    client,
    clock: systemClock,
    directory: runsDirectory(io.config.stateHome),
    file: options.report,
    requestedBy: await userName(client),
    worker: workerByHand(),
    process: ownHolder(),
    origin,
    namespaces: options.namespace,
    onEvent: options.onEvent,
    talk: {
      onFile: (path, why) => {
        if (why !== undefined) tell(`the run is recorded in a file: ${why}`);
        tell(`report: ${path}`);
      },
      onSpare: (path, why) => {
        tell(`warning: the record of the run could not be finished, and is in a file: ${why}`);
        tell(`report: ${path}`);
        options.onSpare(path);
      },
      onTrouble: (text) => tell(`warning: ${text}`),
      onDead: (other, ending) => tell(`note: run ${other} is over, and noted as such: ${ending}`),
    },
  };
}

/** Of a schedule's nights; in a pod there may be no place for a file. */
export function recordsOfSchedule(
  client: KubeClient,
  { policy, stateHome, log }: { readonly policy: string; readonly stateHome: string; readonly log: PurgeLog },
): RunRecords {
  const talk: RecordTalk = {
    onFile: (path, why) => log.info('purge recorded in a file', { policy, path, why: why ?? 'asked for' }),
    onSpare: (path, why) => log.warn('purge recorded in a file', { policy, path, why }),
    onTrouble: (text) => log.warn('purge record trouble', { policy, trouble: text }),
    onDead: (run, ending) => log.warn('purge run found dead', { policy, run, ending }),
  };
  return {
    client,
    clock: systemClock,
    directory: runsDirectory(stateHome),
    requestedBy: `schedule of ${policy}`,
    worker: `${hostname()}_${process.pid}`, // as the Lease is held: by the pod
    process: ownHolder(),
    talk,
  };
}

/** A name that is not to be had is no reason to purge nothing. */
async function userName(client: KubeClient): Promise<string> {
  try {
    return (await whoAmI(client)) ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
