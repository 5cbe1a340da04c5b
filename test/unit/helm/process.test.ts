import { execFileSync, spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Helm, type HelmCall, type HelmOptions } from '../../../src/helm/process.ts';
import { operatorMinimum, purgeMinimum, requireHelm } from '../../../src/helm/version.ts';
import { eventually } from '../../support/eventually.ts';
import { createShims, isAlive, type Shims } from '../../support/shims.ts';

const { env } = process;
let shims: Shims;
beforeAll(async () => {
  shims = await createShims();
});
afterAll(async () => {
  await shims.remove();
});

const call = (change: Partial<HelmCall> = {}): HelmCall => ({ what: 'upgrade a/b', timeoutMs: 20_000, ...change });

async function helmOf(script: string, options: Partial<HelmOptions> = {}): Promise<Helm> {
  const name = `helm-${Math.random().toString(36).slice(2)}`;
  return new Helm({ binary: await shims.add(name, script), env, ...options });
}

/** setpriv ends helm with us; where it is not there, all else is the same. */
const hasSetpriv = ((): boolean => {
  try {
    execFileSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true']);
    return true;
  } catch {
    return false;
  }
})();
const surroundings = [
  ['with setpriv where there is one', () => env.PATH],
  ['without setpriv', () => shims.dir],
] as const;

describe('Helm.run', () => {
  it('gives the output, and the arguments with the connection after them', async () => {
    const helm = await helmOf('echo "$@"; echo careful >&2', { kubeconfig: '/k', context: 'dev' });
    expect(await helm.run(['list', '--all'], call())).toMatchObject({
      stdout: 'list --all --kubeconfig=/k --kube-context=dev',
      stderr: 'careful',
    });
  });

  it('hands on its environment, but for what would lead helm elsewhere', async () => {
    const helm = await helmOf('/usr/bin/env', {
      env: {
        PATH: env.PATH,
        KEPT: 'yes',
        HELM_DRIVER: 'memory',
        HELM_DEBUG: 'true',
        HELM_KUBECONTEXT: 'production',
        HELM_KUBEAPISERVER: 'https://elsewhere',
        HELM_KUBEASUSER: 'root',
        HELM_NAMESPACE: 'elsewhere',
      },
    });
    const { stdout } = await helm.run([], call());
    const passed = stdout.split('\n').filter((line) => /^(KEPT|HELM_|HOME)/.test(line));
    expect(passed.sort()).toEqual(['HELM_BURST_LIMIT=300', 'HELM_DEBUG=false', 'HELM_DRIVER=secret', 'KEPT=yes']);
  });

  it.for<[Record<string, string>, string[]]>([
    [{}, ['GOGC=400', 'GOMEMLIMIT=128MiB']],
    [{ GOGC: '100', GOMEMLIMIT: 'off' }, ['GOGC=100', 'GOMEMLIMIT=off']],
  ])('lets it collect garbage seldom, unless its environment %j says how', async ([given, expected]) => {
    const helm = await helmOf('/usr/bin/env', { env: { PATH: env.PATH, ...given } });
    const { stdout } = await helm.run([], call());
    expect(stdout.split('\n').filter((line) => line.startsWith('GO'))).toEqual(expected);
  });

  it('passes values through standard input, megabytes of them', async () => {
    const helm = await helmOf('/usr/bin/wc -c');
    const input = 'x'.repeat(2_000_000);
    expect((await helm.run([], call({ input }))).stdout.trim()).toBe('2000000');
  });

  it('does not mind a helm that fails without reading them', async () => {
    const helm = await helmOf('echo "Error: release name is invalid: X" >&2; exit 1');
    const input = 'x'.repeat(2_000_000);
    await expect(helm.run([], call({ input }))).rejects.toMatchObject({ code: 'HELM_NAME_INVALID' });
  });

  it('gives no standard input to a helm that needs none', async () => {
    const helm = await helmOf('/bin/cat');
    expect((await helm.run([], call())).stdout).toBe('');
  });

  it('says what helm said when it failed', async () => {
    const helm = await helmOf('echo "Error: uninstall: Release not loaded: b: release: not found" >&2; exit 1');
    await expect(helm.run(['uninstall', 'b'], call())).rejects.toMatchObject({
      code: 'HELM_RELEASE_NOT_FOUND',
      message: 'cannot upgrade a/b: uninstall: Release not loaded: b: release: not found',
      args: ['uninstall', 'b'],
    });
  });

  it('ends helm when the time is up', async () => {
    const helm = await helmOf('exec /bin/sleep 60');
    await expect(helm.run([], call({ timeoutMs: 100 }))).rejects.toMatchObject({
      code: 'HELM_TIMEOUT',
      isTerminal: false,
      message: 'cannot upgrade a/b: helm did not end within 0.1 s',
    });
  });

  it('ends what helm started too, even what ignores TERM', async () => {
    const helm = await helmOf(
      `/bin/sh -c 'trap "" TERM; echo $$ > '$DIR'/plugin.pid; while :; do /bin/sleep 0.1; done' >/dev/null 2>&1 </dev/null &
       exec /bin/sleep 60`,
    );
    const controller = new AbortController();
    const expected = expect(helm.run([], call({ signal: controller.signal }))).rejects.toThrow('told to stop');
    await eventually(() => shims.lines('plugin.pid')).toHaveLength(1);
    controller.abort();
    await expected;
    const [pid] = await shims.lines('plugin.pid');
    await eventually(() => isAlive(Number(pid))).toBe(false);
  });

  it('does not take a timeout longer than a timer can count for none', async () => {
    const helm = await helmOf('/bin/sleep 0.1; echo done');
    expect((await helm.run([], call({ timeoutMs: 2 ** 40 }))).stdout).toBe('done');
  });

  it('ends helm when told to stop', async () => {
    const helm = await helmOf('echo started > $DIR/abort.started; exec /bin/sleep 60');
    const controller = new AbortController();
    const failure = helm.run([], call({ signal: controller.signal }));
    const expected = expect(failure).rejects.toMatchObject({ code: 'HELM_CANCELLED' });
    await eventually(() => shims.lines('abort.started')).toEqual(['started']);
    controller.abort();
    await expected;
  });

  it('starts nothing when told to stop before, be it in the last moment', async () => {
    const helm = await helmOf('echo started > $DIR/never.started');
    const [early, late] = [new AbortController(), new AbortController()];
    early.abort(new Error('stop'));
    await expect(helm.run([], call({ signal: early.signal }))).rejects.toThrow('stop');
    const failure = helm.run([], call({ signal: late.signal }));
    late.abort(new Error('stop as well'));
    await expect(failure).rejects.toThrow('stop as well');
    expect(await shims.lines('never.started')).toEqual([]);
  });

  it('asks right before each start, and starts nothing where the answer is an error', async () => {
    let isAllowed = true;
    const beforeStart = (): void => {
      if (!isAllowed) throw new Error('not the leader');
    };
    const helm = await helmOf('echo started >> $DIR/asked.started', { beforeStart });
    await helm.run([], call());
    isAllowed = false;
    await expect(helm.run([], call())).rejects.toThrow('not the leader');
    expect(await shims.lines('asked.started')).toEqual(['started']);
  });

  it('waits no longer for a helm that ignores TERM than it is told', async () => {
    const helm = await helmOf('trap "" TERM; echo started > $DIR/grace.started; while :; do /bin/sleep 0.05; done', {
      graceMs: 50,
    });
    const controller = new AbortController();
    const expected = expect(helm.run([], call({ signal: controller.signal }))).rejects.toThrow('told to stop');
    await eventually(() => shims.lines('grace.started')).toEqual(['started']);
    controller.abort();
    await expected;
  });

  it('leaves no listener behind on the signal', async () => {
    const helm = await helmOf('exit 0');
    const { signal } = new AbortController();
    for (let count = 0; count < 3; count += 1) await helm.run([], call({ signal }));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('counts a helm that succeeded in spite of TERM as a success', async () => {
    const helm = await helmOf(
      'trap "echo finished; exit 0" TERM; echo started > $DIR/trap.started; while :; do /bin/sleep 0.05; done',
    );
    const controller = new AbortController();
    const result = helm.run([], call({ signal: controller.signal }));
    await eventually(() => shims.lines('trap.started')).toEqual(['started']);
    controller.abort();
    expect((await result).stdout).toBe('finished');
  });

  it('runs no more at once than it may, and as many', async () => {
    // each waits until two have started: one after another would never end
    const helm = await helmOf(
      'echo start >> $DIR/overlap; while [ $(/usr/bin/wc -l < $DIR/overlap) -lt 2 ]; do /bin/sleep 0.01; done; /bin/sleep 0.02; echo end >> $DIR/overlap',
      { maxProcesses: 2 },
    );
    await Promise.all(Array.from({ length: 6 }, () => helm.run([], call())));
    let [running, most, started] = [0, 0, 0];
    for (const line of await shims.lines('overlap')) {
      running += line === 'start' ? 1 : -1;
      started += line === 'start' ? 1 : 0;
      most = Math.max(most, running);
    }
    expect({ most, started, left: helm.running }).toEqual({ most: 2, started: 6, left: 0 });
  });

  it('asks once more before a call that had to wait for others, and makes it only where that is well', async () => {
    const helm = await helmOf('echo $1 >> $DIR/rechecked; /bin/sleep 0.05', { maxProcesses: 1 });
    const asked: string[] = [];
    const recheck = (name: string) => async (): Promise<void> => {
      asked.push(name);
      if (name === 'outdated') throw new Error('it has changed');
    };
    const ends = await Promise.allSettled(
      ['first', 'outdated', 'third'].map((name) => helm.run([name], call({ recheck: recheck(name) }))),
    );
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(asked).toEqual(['outdated', 'third']);
    expect(await shims.lines('rechecked')).toEqual(['first', 'third']);
  });

  it.runIf(hasSetpriv)('does not outlive its parent, however that dies', async () => {
    const shim = await shims.add('orphan', 'echo $$ > $DIR/orphan.pid; exec /bin/sleep 60');
    const module = join(import.meta.dirname, '../../../src/helm/process.ts');
    const script = `
      import { Helm } from ${JSON.stringify(module)};
      await new Helm({ binary: ${JSON.stringify(shim)}, env: process.env }).run([], { what: 'x', timeoutMs: 60_000 });`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
    await eventually(() => shims.lines('orphan.pid')).toHaveLength(1);
    const [pid] = await shims.lines('orphan.pid');
    expect(await isAlive(Number(pid))).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await eventually(() => isAlive(Number(pid))).toBe(false);
  });
});

describe.each(surroundings)('a helm that cannot be started, %s', (_name, path) => {
  it.each([
    ['is not there', () => join(shims.dir, 'no-such-helm')],
    ['is not on PATH', () => 'no-such-helm'],
    ['is not executable', () => shims.add('plain-file', 'exit 0', { mode: 0o644 })],
    ['is a directory', () => shims.dir],
  ])('is HELM_MISSING when it %s', async (_why, binary) => {
    const helm = new Helm({ binary: await binary(), env: { ...env, PATH: path() } });
    await expect(helm.run(['version'], call())).rejects.toMatchObject({
      code: 'HELM_MISSING',
      isTerminal: true,
      message: expect.stringContaining(helm.binary),
      remedy: expect.stringContaining('HELM_BIN'),
    });
  });

  it('is found on the PATH of its own environment', async () => {
    await shims.add('helm', 'echo here');
    const helm = new Helm({ env: { PATH: `${shims.dir}:${path()}` } });
    expect((await helm.run([], call())).stdout).toBe('here');
  });
});

describe('requireHelm', () => {
  it.each([
    ['v4.0.0', operatorMinimum],
    ['v4.2.3+gabcdef', operatorMinimum],
    ['v5.0.0', operatorMinimum],
    ['v3.18.0', purgeMinimum],
    ['v4.0.0', purgeMinimum],
  ])('is content with %s', async (text, minimum) => {
    const helm = await helmOf(`echo ${text}`);
    expect((await requireHelm(helm, minimum)).text).toBe(text);
  });

  it.each([
    ['v3.18.4', operatorMinimum, '4.0'],
    ['v2.17.0', purgeMinimum, '3.18'],
    ['v3.17.9', purgeMinimum, '3.18'],
  ])('refuses %s', async (text, minimum, wanted) => {
    const helm = await helmOf(`echo ${text}`);
    await expect(requireHelm(helm, minimum)).rejects.toMatchObject({
      code: 'HELM_TOO_OLD',
      isTerminal: true,
      message: `"${helm.binary}" is helm ${text}; ${wanted} or newer is needed`,
      remedy: expect.stringContaining(`Helm ${wanted}`),
    });
  });

  it.each([
    ['prints something else', 'echo not-a-version', 'it printed "not-a-version"'],
    ['prints nothing', 'true', 'it printed ""'],
    ['fails', "echo 'Error: plugin broken' >&2; exit 7", 'plugin broken'],
  ])('refuses one that %s, and says what to look at', async (_name, script, why) => {
    const helm = await helmOf(script);
    await expect(requireHelm(helm, operatorMinimum)).rejects.toMatchObject({
      code: 'HELM_MISSING',
      isTerminal: true,
      message: expect.stringContaining(why),
      remedy: expect.stringContaining(`Run "${helm.binary} version"`),
    });
  });
});
