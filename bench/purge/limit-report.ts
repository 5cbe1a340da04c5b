// What limits the native purge: who is busy while it runs, and how busy that leaves the machine.
import { componentNames } from '../../src/local/components.ts';
import { table } from '../markdown.ts';
import type { SideFigures } from './figures.ts';
import { type ProfileSeconds, profileGroups } from './profile-groups.ts';

/** A native purge that is looked at. */
export interface Examined {
  readonly latencyMs: number;
  readonly figures: SideFigures;
}

/** Where less of the cores is idle, no code of ours that waits less makes it faster. */
const busyShare = 0.85;

/** CPU seconds by process, with their share of all cores. */
export function limitTable(examined: readonly Examined[], cores: number): string {
  const rows = [
    row('our process, and what it started', examined, { cores, figure: ({ cost }) => cost.cpuSeconds }),
    ...componentNames.map((name) =>
      row(name, examined, { cores, figure: ({ controlPlane }) => controlPlane[name] ?? 0 }),
    ),
    row('this benchmark (watches, proxy)', examined, { cores, figure: ({ benchCpuSeconds }) => benchCpuSeconds }),
    row('all of them', examined, { cores, figure: busySeconds }),
  ];
  return table(['CPU', ...examined.map(({ latencyMs }) => columnTitle(latencyMs))], rows);
}

/** One sentence: cores, our one thread, or waiting. */
export function limitSentence({ latencyMs, figures }: Examined, cores: number): string {
  const { seconds, cost, controlPlane } = figures;
  const all = busySeconds(figures) / (seconds * cores);
  const ours = cost.cpuSeconds / seconds;
  const [most = 'nothing', mostSeconds = 0] =
    Object.entries({ ...controlPlane, 'our process': cost.cpuSeconds })
      .toSorted(([, one], [, other]) => one - other)
      .at(-1) ?? [];
  const title = `**${columnTitle(latencyMs)}**`;
  if (all >= busyShare) {
    const part = percent(mostSeconds / (seconds * cores));
    return `${title}: the cores are busy ${percent(all)} of the time, and that limits it; most of all ${most} (${part}).`;
  }
  return ours >= busyShare
    ? `${title}: our process keeps its one thread busy ${percent(ours)} of the time, and that limits it.`
    : `${title}: the cores are busy ${percent(all)} of the time, our process ${percent(ours)} of one core: waiting for answers limits it.`;
}

/** Where our process spends its time, by its profile. */
export function profileTable(groups: ProfileSeconds): string {
  const all = Object.values(groups).reduce((sum, seconds) => sum + seconds, 0);
  return table(
    ['our process', 's', 'share'],
    profileGroups.map((group) => [group, groups[group].toFixed(2), percent(all === 0 ? 0 : groups[group] / all)]),
  );
}

function busySeconds({ cost, controlPlane, benchCpuSeconds }: SideFigures): number {
  return Object.values(controlPlane).reduce((sum, seconds) => sum + seconds, cost.cpuSeconds + benchCpuSeconds);
}

function columnTitle(latencyMs: number): string {
  return latencyMs === 0 ? 'without latency' : `with ${latencyMs} ms`;
}

function row(
  title: string,
  examined: readonly Examined[],
  what: { readonly cores: number; readonly figure: (figures: SideFigures) => number },
): readonly string[] {
  const cells = examined.map(({ figures }) => {
    const cpu = what.figure(figures);
    return `${cpu.toFixed(2)} s, ${percent(cpu / (figures.seconds * what.cores))}`;
  });
  return [title, ...cells];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
