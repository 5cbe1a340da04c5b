// What a V8 CPU profile says our process did: its own time, in a few groups.

/** A `.cpuprofile`, as far as it is read. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      /** Of the source: see `withSources`. */
      readonly url: string;
      /** Both from 0: where the function begins. */
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
  }[];
  /** The node that was on top, at each sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** In the order in which a page shows them. */
export const profileGroups = [
  'idle',
  'garbage collector',
  'TLS, sockets and HTTP',
  'JSON',
  'our own code',
  'other packages',
  'loading modules',
  'native code',
  'the rest of Node',
] as const;

/** One of {@link profileGroups}. */
export type ProfileGroup = (typeof profileGroups)[number];

/** Seconds of each group. */
export type ProfileSeconds = Readonly<Record<ProfileGroup, number>>;

/** Of all samples. */
export function profileSeconds({ nodes, samples, timeDeltas }: CpuProfile): ProfileSeconds {
  const groups = new Map(nodes.map(({ id, callFrame }) => [id, groupOf(callFrame)]));
  const seconds = Object.fromEntries(profileGroups.map((group) => [group, 0])) as Record<ProfileGroup, number>;
  for (const [index, id] of samples.entries()) {
    // a sample stands for the time until the next one
    seconds[groups.get(id) ?? 'the rest of Node'] += Math.max(0, timeDeltas[index + 1] ?? 0) / 1e6;
  }
  return seconds;
}

const network = /^node:(_?tls|_?http|net|https|internal\/(tls|stream_base_commons|streams|crypto|net)|_tls_|stream)/;
const loading = /^node:internal\/(modules|bootstrap|process\/(esm|execution)|main|vm)/;
const jsonFunctions: ReadonlySet<string> = new Set(['parse', 'stringify']);
/** Of the bindings beneath sockets; they have no URL. */
const socketFunctions: ReadonlySet<string> = new Set([
  'writev',
  'writeBuffer',
  'writeUtf8String',
  'writeLatin1String',
  'shutdown',
  'connect',
  'start',
  'encOut',
  'readStart',
]);

function groupOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): ProfileGroup {
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'garbage collector';
  if (functionName === '(program)') return 'native code';
  if (url === '') {
    if (jsonFunctions.has(functionName)) return 'JSON';
    return socketFunctions.has(functionName) ? 'TLS, sockets and HTTP' : 'the rest of Node';
  }
  if (network.test(url) || url.includes('/node_modules/undici/')) return 'TLS, sockets and HTTP';
  if (loading.test(url)) return 'loading modules';
  if (url.startsWith('node:')) return 'the rest of Node';
  return url.includes('/node_modules/') ? 'other packages' : 'our own code';
}
