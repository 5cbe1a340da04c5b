// All that is in a cluster, as a map that can be compared with a later one: who changed something else is found out.
import { execa } from 'execa';

/** Where to look. */
export interface DumpOptions {
  readonly kubectl: string;
  readonly kubeconfig: string;
  /** Of these objects nothing is noted: those that are expected to change. Key: `kind namespace/name`. */
  readonly isExpectedToChange: (key: string, object: DumpedObject) => boolean;
}

/** An object as far as it is asked about. */
export interface DumpedObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

/**
 * What the control plane touches by itself all the time, purge or not:
 * Events and Leases are written by every component, Leases of nodes, schedulers and API servers most of all;
 * a Node's `status` has the heartbeat of its kubelet, which kwok writes.
 */
const restless: ReadonlySet<string> = new Set(['Event', 'Lease']);
const withRestlessStatus: ReadonlySet<string> = new Set(['Node']);

/** `kind namespace/name` → JSON, uid included: what was deleted and made again is another object. */
export async function dumpCluster(options: DumpOptions): Promise<ReadonlyMap<string, string>> {
  const run = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await execa(options.kubectl, [...args, '--kubeconfig', options.kubeconfig], {
      maxBuffer: 500_000_000,
    });
    return stdout;
  };
  const kinds = (await run('api-resources', '--verbs=list', '-o', 'name')).split('\n').filter((name) => name !== '');
  const listed = JSON.parse(await run('get', kinds.join(','), '-A', '-o', 'json')) as {
    readonly items: readonly DumpedObject[];
  };
  const dump = new Map<string, string>();
  for (const object of listed.items) {
    const { kind, metadata } = object;
    const key = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
    if (restless.has(kind) || options.isExpectedToChange(key, object)) continue;
    dump.set(key, JSON.stringify(atRest(object)));
  }
  return dump;
}

/**
 * Without `resourceVersion` and `managedFields`, whose time moves where a controller writes what is there already; the rest,
 * `generation` included, shows any change of substance.
 */
function atRest(object: DumpedObject): unknown {
  const { resourceVersion: _version, managedFields: _fields, ...metadata } = object.metadata as Record<string, unknown>;
  const { status, ...rest } = object as DumpedObject & { readonly status?: unknown };
  return { ...rest, metadata, ...(withRestlessStatus.has(object.kind) ? {} : { status }) };
}

/** What differs, a line each. */
export function differences(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const [was, is] = [before.get(key), after.get(key)];
    return was === is ? [] : [`${key}: ${was ?? 'was not there'} → ${is ?? 'is gone'}`];
  });
}
