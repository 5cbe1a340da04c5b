// The table of `local status`: pure.
import type { ClusterStatus } from '../local/status.ts';

/** What people read: the cluster in a few lines, its processes as a table, the last words of those that died. */
export function formatStatus(found: ClusterStatus): string {
  if (found.phase === 'Absent') return `cluster     ${found.name}\nphase       Absent\n`;
  const { nodes, components } = found;
  const head = [
    ['cluster', found.name],
    ['phase', found.phase],
    ['server', found.server],
    ['nodes', nodes === undefined ? undefined : `${nodes.ready} of ${nodes.total} ready`],
    ['created', found.createdAt],
    ['kubeconfig', found.kubeconfig],
  ].flatMap(([label = '', value]) => (value === undefined ? [] : [`${label.padEnd(12)}${value}`]));
  const row = (name: string, state: string, pid: string) => `${name.padEnd(26)}${state.padEnd(10)}${pid}`;
  const table = components.map(({ name, state, pid }) => row(name, state, pid === undefined ? '-' : String(pid)));
  const lastWords = components
    .filter(({ lastLogLines }) => lastLogLines.length > 0)
    .flatMap(({ name, lastLogLines }) => [
      '',
      `last log lines of ${name}:`,
      ...lastLogLines.map((line) => `  ${line}`),
    ]);
  return `${[...head, '', row('COMPONENT', 'STATE', 'PID'), ...table, ...lastWords].join('\n')}\n`;
}
