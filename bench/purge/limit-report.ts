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

/** Where less than the rest is idle, no code of ours that waits less makes it faster. */
const busyShare = 0.85;

/** More of the cores than this for other work, and the figures are not ours. */
const otherShare = 0.1;

/** CPU seconds by process, with their share of all cores. */
export function limitTable(examined: readonly Examined[], cores: number): string {
  const rows = [
    row('our process, and what it started', examined, { cores, figure: ({ cost }) => cost.cpuSeconds }),
    ...componentNames.map((name) =>
      row(name, examined, { cores, figure: ({ controlPlane }) => controlPlane[name] ?? 0 }),
    ),
    row('this benchmark (watches, proxy)', examined, { cores, figure: ({ benchCpuSeconds }) => benchCpuSeconds }),
    row('everything else on the machine', examined, { cores, figure: otherSeconds }),
    row('all of it', examined, { cores, figure: ({ machineCpuSeconds }) => machineCpuSeconds }),
  ];
  return table(['CPU', ...examined.map(({ latencyMs }) => columnTitle(latencyMs))], rows);
}

/** What limits it, in a sentence or two: other work, the cores, our one thread, or waiting. */
export function limitSentence({ latencyMs, figures }: Examined, cores: number): string {
  const { seconds, cost, controlPlane, machineCpuSeconds } = figures;
  const shareOf = (cpuSeconds: number): number => cpuSeconds / (seconds * cores);
  const [all, other, thread] = [shareOf(machineCpuSeconds), shareOf(otherSeconds(figures)), cost.cpuSeconds / seconds];
  const title = `**${columnTitle(latencyMs)}**`;
  const busy = `the cores are busy ${percent(all)} of the time`;
  if (other > otherShare) {
    return `${title}: ${busy}, but ${percent(other)} is other work: measure again on a machine that has none.`;
  }
  if (all >= busyShare) {
    const busiest = Object.entries({ ...controlPlane, 'our process': cost.cpuSeconds })
      .toSorted(([, one], [, another]) => another - one)
      .slice(0, 2)
      .map(([name, cpuSeconds]) => `${name} (${percent(shareOf(cpuSeconds))})`);
    return `${title}: ${busy}, and that limits it; most of all ${busiest.join(' and ')}.`;
  }
  return thread >= busyShare
    ? `${title}: our process keeps its one thread busy ${percent(thread)} of the time, and that limits it.`
    : `${title}: ${busy}, our process ${percent(thread)} of one core: waiting for answers limits it.`;
}

/** Where our process spends its time, by its profile. */
export function profileTable(groups: ProfileSeconds): string {
  const all = Object.values(groups).reduce((sum, seconds) => sum + seconds, 0);
  return table(
    ['our process', 's', 'share'],
    profileGroups.map((group) => [group, groups[group].toFixed(2), percent(all === 0 ? 0 : groups[group] / all)]),
  );
}

function otherSeconds({ cost, controlPlane, benchCpuSeconds, machineCpuSeconds }: SideFigures): number {
  const known = Object.values(controlPlane).reduce((sum, seconds) => sum + seconds, cost.cpuSeconds + benchCpuSeconds);
  return Math.max(0, machineCpuSeconds - known); // each is counted in ticks of its own
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
