// `/proc/PID/stat` (proc(5)): which process a pid means. Pure.

/**
 * Ticks from boot to the start of the process; undefined for a zombie. Field 3 is the state, 20 the number of threads, 22
 * the start. A killed process is a zombie from the moment its first thread has ended, but keeps its ports until the last one
 * has: until then it counts as running. The command in field 2 may contain blanks and parentheses: fields are counted
 * behind its last `)`.
 */
export function startTicksOf(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const threads = Number(fields[17]);
  const hasEnded = (state === 'Z' || state === 'X') && threads <= 1;
  return hasEnded ? undefined : fields[19];
}
