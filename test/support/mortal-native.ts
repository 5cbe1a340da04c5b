// A process that uninstalls one release natively, and is killed after so many requests: as dead as a process can be, at a
// moment that can be chosen.

import { Discovery } from '../../src/kube/discovery.ts';
import { openClient } from '../../src/kube/open-client.ts';
import { checkedUninstaller } from '../../src/uninstall/checked-uninstaller.ts';
import { nativeDriver } from '../../src/uninstall/native-driver.ts';

/** The process' only argument, as JSON. */
export interface MortalNativeArguments {
  readonly kubeconfig: string;
  readonly homeDir: string;
  readonly namespace: string;
  readonly name: string;
  /** After so many answers, and so many milliseconds more: what is asked next may be on its way. Absent: it lives to its end. */
  readonly death?: { readonly afterAnswers: number; readonly delayMs: number };
}

const { kubeconfig, homeDir, namespace, name, death } = JSON.parse(process.argv[2] ?? '') as MortalNativeArguments;

let answers = 0;
const die = (): void => void process.kill(process.pid, 'SIGKILL');
const observe = (): void => {
  answers += 1;
  if (answers !== death?.afterAnswers) return;
  if (death.delayMs === 0) die();
  else setTimeout(die, death.delayMs);
};
const { client, close } = await openClient({ kubeconfig, homeDir, observe });
const uninstaller = checkedUninstaller({ client, discovery: new Discovery(client), driver: nativeDriver(client) });
await uninstaller.uninstall({ namespace, name, timeoutMs: 60_000 });
await close();
process.stdout.write(String(answers));
