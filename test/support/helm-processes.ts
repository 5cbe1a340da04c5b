// The helm processes of this machine, as tests that kill them find them. Linux only.
import { readdir, readFile } from 'node:fs/promises';
import { eventually } from './operator-run.ts';

/** The process of a helm that runs with all of these words, once there is one. */
export function helmProcess(...words: readonly string[]): Promise<number> {
  return eventually(`helm ${words.join(' ')} runs`, async () => {
    const pids = (await readdir('/proc')).filter((each) => /^\d+$/.test(each));
    const found = await Promise.all(pids.map(async (pid) => ((await isHelm(pid, words)) ? Number(pid) : undefined)));
    return found.find((pid) => pid !== undefined);
  });
}

/** setpriv becomes helm by exec: until then it is not counted. */
async function isHelm(pid: string, words: readonly string[]): Promise<boolean> {
  const [binary = '', ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return binary.endsWith('helm') && words.every((word) => args.includes(word));
}
