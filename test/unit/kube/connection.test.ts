import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../../src/kube/connection.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
});

interface Kubeconfig {
  readonly server?: string;
  readonly contexts?: readonly string[];
  readonly current?: string;
  readonly namespace?: string;
  readonly token?: string;
}

/** A kubeconfig with one cluster and one user of the same name for each context. */
async function write(name: string, config: Kubeconfig | string): Promise<string> {
  const file = join(dir, name);
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(kubeconfig(config)));
  return file;
}

function kubeconfig({ server, contexts = ['dev'], current = 'dev', namespace, token = 't' }: Kubeconfig): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    clusters: contexts.map((name) => ({ name, cluster: { server: server ?? `https://${name}:6443` } })),
    users: contexts.map((name) => ({ name, user: { token } })),
    contexts: contexts.map((name) => ({
      name,
      context: { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) },
    })),
  };
}

describe('connect', () => {
  it('takes the current context, its server and its namespace', async () => {
    const file = await write('plain', { namespace: 'shop', server: 'https://dev:6443/' });
    expect(await connect({ kubeconfig: file, homeDir: dir })).toMatchObject({
      server: 'https://dev:6443',
      context: 'dev',
      namespace: 'shop',
    });
  });

  it('takes the context that is asked for, and the namespace default where it names none', async () => {
    const file = await write('two', { contexts: ['dev', 'prod'] });
    expect(await connect({ kubeconfig: file, context: 'prod', homeDir: dir })).toMatchObject({
      server: 'https://prod:6443',
      namespace: 'default',
    });
  });

  it('merges a path list as kubectl does: files that are missing are left out, the first to name a thing wins', async () => {
    const first = await write('first', { contexts: ['dev'], current: '', server: 'https://first' });
    const second = await write('second', { contexts: ['dev', 'prod'], current: 'prod', server: 'https://second' });
    const list = ['', join(dir, 'missing'), first, second].join(delimiter);
    expect(await connect({ kubeconfig: list, homeDir: dir })).toMatchObject({
      context: 'prod',
      server: 'https://second',
    });
    const dev = await connect({ kubeconfig: list, context: 'dev', homeDir: dir });
    expect(dev.server).toBe('https://first');
  });

  it.for<[string, Kubeconfig | string | undefined, { context?: string }, string, string]>([
    ['a file that is missing', undefined, {}, 'no such kubeconfig', '--kubeconfig'],
    ['a file that is not YAML', 'clusters: [', {}, 'cannot read the kubeconfig', '--kubeconfig'],
    ['a file that says nothing', '{}', {}, 'names no cluster', '--context'],
    ['a file of another kind', 'just text', {}, 'names no cluster', '--context'],
    [
      'a context that does not exist',
      { contexts: ['dev', 'prod'] },
      { context: 'test' },
      'no context "test"',
      'dev, prod',
    ],
    ['a current context that does not exist', { current: 'gone' }, {}, 'names no cluster', '--context'],
    ['a server that is no URL', { server: 'not a url' }, {}, '"not a url" is not a URL', 'https://HOST:6443'],
    [
      'a cluster without a server',
      JSON.stringify({ ...kubeconfig({}), clusters: [{ name: 'dev', cluster: {} }] }),
      {},
      'server',
      '--kubeconfig',
    ],
  ])('refuses %s', async ([name, config, options, message, remedy]) => {
    const file = config === undefined ? join(dir, 'missing') : await write(name.replaceAll(' ', '-'), config);
    await expect(connect({ kubeconfig: file, homeDir: dir, ...options })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      isTerminal: true,
      message: expect.stringContaining(message),
      remedy: expect.stringContaining(remedy),
    });
  });

  it('says how to get a cluster where nothing points to one', async () => {
    await expect(connect({ homeDir: join(dir, 'nobody') })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      remedy: expect.stringContaining('local up'),
    });
  });
});

describe('credentials', () => {
  it('are made once for all who need them at the same time, sockets included', async () => {
    const connection = await connect({ kubeconfig: await write('shared', { token: 'secret' }), homeDir: dir });
    const all = await Promise.all(Array.from({ length: 5 }, () => connection.credentials()));
    expect(new Set(all.map(({ dispatcher }) => dispatcher)).size).toBe(1);
    expect(all[0]?.headers).toMatchObject({ authorization: 'Bearer secret' });
    await connection.close();
  });

  it('that are refused are asked for anew, and keep their sockets where the certificates are the same', async () => {
    const tokenFile = join(dir, 'token');
    await writeFile(tokenFile, 'first\n');
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }; // as in a pod
    const config = { ...kubeconfig({}), users: [{ name: 'dev', user }] };
    const connection = await connect({ kubeconfig: await write('renewed', JSON.stringify(config)), homeDir: dir });
    const first = await connection.credentials();
    expect(first.headers).toEqual({ authorization: 'Bearer first' });
    await writeFile(tokenFile, 'second');
    expect(await connection.credentials()).toBe(first); // young enough
    const second = await connection.credentials({ refused: first });
    expect(second).toEqual({ headers: { authorization: 'Bearer second' }, dispatcher: first.dispatcher });
    expect(await connection.credentials({ refused: second })).toBe(second); // nothing better is to be had
    await connection.close();
  });

  it('of a plugin are asked for once by all whom the server refused, however long they were to hold', async () => {
    const counter = join(dir, 'runs');
    await writeFile(counter, '');
    const script = `require('fs').appendFileSync(process.argv[1], 'x');
      const token = 'token-' + require('fs').readFileSync(process.argv[1], 'utf8').length;
      console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token } }))`;
    const exec = { ...execPlugin, command: process.execPath, args: ['-e', script, counter] };
    const config = { ...kubeconfig({}), users: [{ name: 'dev', user: { exec } }] };
    const connection = await connect({ kubeconfig: await write('plugin', JSON.stringify(config)), homeDir: dir });
    const first = await connection.credentials();
    expect(first.headers).toEqual({ authorization: 'Bearer token-1' });
    const all = await Promise.all(Array.from({ length: 5 }, () => connection.credentials({ refused: first })));
    const late = await connection.credentials({ refused: first }); // its answer was slower than the others'
    for (const { headers } of [...all, late]) expect(headers).toEqual({ authorization: 'Bearer token-2' });
    await connection.close();
  });

  it('are a name and a password where the kubeconfig says so', async () => {
    const config = { ...kubeconfig({}), users: [{ name: 'dev', user: { username: 'me', password: 'x:y' } }] };
    const connection = await connect({ kubeconfig: await write('basic', JSON.stringify(config)), homeDir: dir });
    expect((await connection.credentials()).headers).toEqual({ authorization: `Basic ${btoa('me:x:y')}` });
    await connection.close();
  });

  it('take new sockets when a certificate was renewed on disk', async () => {
    const authority = join(dir, 'ca.crt');
    const clusters = [{ name: 'dev', cluster: { server: 'https://dev', 'certificate-authority': authority } }];
    const kubeconfigFile = await write('rotated', JSON.stringify({ ...kubeconfig({}), clusters }));
    await writeFile(authority, 'first');
    const connection = await connect({ kubeconfig: kubeconfigFile, homeDir: dir });
    const before = await connection.credentials();
    await writeFile(authority, 'second');
    expect((await connection.credentials()).dispatcher).toBe(before.dispatcher); // young enough
    expect((await connection.credentials({ refused: before })).dispatcher).not.toBe(before.dispatcher);
    await connection.close();
  });

  it('that cannot be had are an error that names the context', async () => {
    const config = { ...kubeconfig({}), users: [{ name: 'dev', user: { exec: execPlugin } }] };
    const connection = await connect({ kubeconfig: await write('exec', JSON.stringify(config)), homeDir: dir });
    await expect(connection.credentials()).rejects.toMatchObject({
      code: 'API_UNAUTHORIZED',
      message: expect.stringContaining('context dev'),
    });
  });
});

const execPlugin = {
  apiVersion: 'client.authentication.k8s.io/v1',
  command: 'no-such-credential-plugin',
  interactiveMode: 'Never',
};
