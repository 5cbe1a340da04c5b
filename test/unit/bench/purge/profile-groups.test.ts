// Whose time it is that a CPU profile has counted.
import { expect, test } from 'vitest';
import { profileSeconds } from '../../../../bench/purge/profile-groups.ts';

const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 0, columnNumber: 0 });
const oneSecond = (functionName: string, url = '') =>
  profileSeconds({ nodes: [{ id: 1, callFrame: frame(functionName, url) }], samples: [1, 1], timeDeltas: [0, 1e6] });

test.each([
  ['(idle)', '', 'idle'],
  ['(garbage collector)', '', 'garbage collector'],
  ['(program)', '', 'native code'],
  ['now', '', 'the rest of Node'],
  ['parse', '', 'JSON'],
  ['writev', '', 'TLS, sockets and HTTP'],
  ['onStreamRead', 'node:internal/stream_base_commons', 'TLS, sockets and HTTP'],
  ['TLSSocket', 'node:internal/tls/wrap', 'TLS, sockets and HTTP'],
  ['onread', 'file:///somewhere/node_modules/undici/lib/dispatcher/client-h1.js', 'TLS, sockets and HTTP'],
  ['compileSourceTextModule', 'node:internal/modules/esm/utils', 'loading modules'],
  ['processTicksAndRejections', 'node:internal/process/task_queues', 'the rest of Node'],
  ['parseDocument', 'file:///somewhere/node_modules/yaml/dist/public-api.js', 'other packages'],
  ['executePlan', 'file:///somewhere/src/purge/execute/execute.ts', 'our own code'],
])('%s of "%s" is %s', (functionName, url, group) => {
  expect(oneSecond(functionName, url)).toMatchObject({ [group]: 1 });
});

test('a sample stands for the time until the next one', () => {
  const nodes = [
    { id: 1, callFrame: frame('(idle)') },
    { id: 2, callFrame: frame('parse') },
  ];
  const seconds = profileSeconds({ nodes, samples: [1, 2, 1], timeDeltas: [5e5, 2e6, 1e6] });
  expect(seconds).toMatchObject({ idle: 2, JSON: 1 });
});
