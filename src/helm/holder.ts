// Which process started a helm: written beside the record that helm makes, so that a helm that died can be told from one
// that works (DESIGN.md O9). Linux only; elsewhere nothing is claimed.
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { startTicksOf } from '../lib/proc-stat.ts';

/**
 * What is known of the process behind a label. `dead`: it has ended, and every helm of it with it. `unknown`: it ran
 * elsewhere, or the label says nothing.
 */
export type HolderState = 'self' | 'alive' | 'dead' | 'unknown';

/** The label's value where a process claims nothing: its helms may outlive it. */
export const NO_HOLDER = 'none';

interface Holder {
  readonly pid: number;
  /** From boot to its start. */
  readonly ticks: string;
  /** Of the boot and the PID namespace: pids of two compare only where this is equal. */
  readonly space: string;
  readonly host: string;
}

/** This process as a label value (`PID.TICKS.SPACE.HOST`); {@link NO_HOLDER} where the system does not tell. */
export function ownHolder(): string {
  const own = readOwn();
  return own === undefined ? NO_HOLDER : `${own.pid}.${own.ticks}.${own.space}.${own.host}`;
}

/**
 * Whether the process behind a label lives. Beside what its own process table shows, a container knows one thing more:
 * where it is PID 1, as the holder was, on a host of the same name (the same pod), the kubelet started it after the other's
 * end.
 */
export function holderState(label: string | undefined): HolderState {
  const holder = parseHolder(label);
  const own = holder === undefined ? undefined : readOwn();
  if (holder === undefined || own === undefined) return 'unknown';
  if (holder.space !== own.space) {
    const isEarlierContainer = holder.host === own.host && holder.pid === 1 && own.pid === 1;
    return isEarlierContainer ? 'dead' : 'unknown';
  }
  if (holder.pid === own.pid && holder.ticks === own.ticks) return 'self';
  return ticksOf(String(holder.pid)) === holder.ticks ? 'alive' : 'dead';
}

function parseHolder(label: string | undefined): Holder | undefined {
  const match = /^(\d{1,10})\.(\d{1,20})\.([0-9a-f]{12})\.([0-9a-f]{12})$/.exec(label ?? '');
  if (match === null) return undefined;
  const [, pid = '', ticks = '', space = '', host = ''] = match;
  return { pid: Number(pid), ticks, space, host };
}

function readOwn(): Holder | undefined {
  const ticks = ticksOf('self');
  if (ticks === undefined) return undefined;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const space = shortHash(`${boot} ${readlinkSync('/proc/self/ns/pid')}`);
    return { pid: process.pid, ticks, space, host: shortHash(hostname()) };
  } catch {
    return undefined;
  }
}

function ticksOf(pid: string): string | undefined {
  try {
    return startTicksOf(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
