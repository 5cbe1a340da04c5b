// The heap of a process that holds little of what it reads: it is kept small.
import { setFlagsFromString } from 'node:v8';

/**
 * V8 doubles the young generation whenever much of it survives, up to 64 MB, and an idle process never gives that back: a
 * burst of events costs a hundred times what is kept of it. With the factor 1 it stays as it is, 1 or 2 MB; what lives on
 * moves to the old generation a little sooner. Call it before anything big is read. Any process can be told so at any
 * time, which is why this is no flag of node's command line: every way to start the program would need it there.
 */
export function keepYoungSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/**
 * As {@link keepYoungSmall}, for a process that runs for weeks. The old generation is collected when it has grown by a fifth
 * since the last time. By default that is when it has doubled, or more: what 120 installs left lying there was 50 MB, and an
 * idle process has no reason to collect it. It costs a dozen milliseconds now and then.
 */
export function keepHeapSmall(): void {
  keepYoungSmall();
  setFlagsFromString('--heap-growing-percent=20');
}
