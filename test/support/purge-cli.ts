// `bookstore-operator purge …` as a process, with a policy file, a state directory and a lock of the test file's own.
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa, type Options } from 'execa';
import { parse } from 'yaml';
import type { PurgeWorld } from './purge-world.ts';
import { testCluster } from './test-context.ts';

/** Which namespace a policy sees, and what stands in its spec besides. */
interface PolicyOptions {
  readonly namespace: string;
  /** YAML, indented by two spaces. Default nothing. */
  readonly spec?: string;
  /** Default `nightly`. */
  readonly name?: string;
}

type Owned = Pick<PurgeCli, 'directory' | 'operatorNamespace'>;

/** The built command, for one test file. */
export class PurgeCli {
  /** The test file's own. */
  readonly directory: string;
  /** Stands for the operator's: the purge's Lease is in it. */
  readonly operatorNamespace: string;
  readonly #world: PurgeWorld;

  private constructor(world: PurgeWorld, { directory, operatorNamespace }: Owned) {
    this.#world = world;
    this.directory = directory;
    this.operatorNamespace = operatorNamespace;
  }

  static async open(world: PurgeWorld): Promise<PurgeCli> {
    const directory = await mkdtemp(join(testCluster().testRoot, `${world.id}-`));
    return new PurgeCli(world, { directory, operatorNamespace: await world.operatorNamespace() });
  }

  /** What the process gets. */
  get env(): Readonly<Record<string, string>> {
    const { path, kubeconfig } = testCluster();
    return {
      PATH: path,
      KUBECONFIG: kubeconfig,
      POD_NAMESPACE: this.operatorNamespace,
      XDG_STATE_HOME: join(this.directory, 'state'),
    };
  }

  /** stdin is a pipe: no terminal. `env` comes on top. */
  run(args: readonly string[], options: Options = {}) {
    return execa(process.execPath, [resolve('dist/main.js'), 'purge', ...args], {
      reject: false,
      ...options,
      env: { ...this.env, ...options.env },
    });
  }

  /** Writes a policy that sees one namespace of the world; gives the file. */
  async policyFile({ namespace, spec = '', name = 'nightly' }: PolicyOptions): Promise<string> {
    const file = join(await mkdtemp(join(this.directory, 'policy-')), 'policy.yaml');
    const selector = `{purge-test: ${this.#world.id}, kubernetes.io/metadata.name: ${namespace}}`;
    await writeFile(
      file,
      `apiVersion: velotio.com/v1alpha1\nkind: PurgePolicy\nmetadata: {name: ${name}}\nspec:\n  namespaceSelector: {matchLabels: ${selector}}\n${spec}`,
    );
    return file;
  }

  /** The cluster's kubeconfig as another user. */
  async kubeconfigAs(user: string): Promise<string> {
    const config = parse(await readFile(testCluster().kubeconfig, 'utf8')) as { users: { user: object }[] };
    const users = config.users.map((one) => ({ ...one, user: { ...one.user, as: user } }));
    const file = join(await mkdtemp(join(this.directory, 'kubeconfig-')), 'config');
    await writeFile(file, JSON.stringify({ ...config, users }));
    return file;
  }

  /** A helm in front of the real one, as what a process gets. */
  async shim(script: string): Promise<{ readonly HELM_BIN: string }> {
    const file = join(await mkdtemp(join(this.directory, 'shim-')), 'helm');
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return { HELM_BIN: file };
  }
}
