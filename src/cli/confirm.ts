// The question before something that cannot be undone: the answer is a number that one has to read first.
import { createInterface } from 'node:readline';
import type { CommandIo } from './command.ts';

/**
 * Asks on stderr, reads a line from stdin, and compares. An end of input or an interruption is a no.
 */
export async function confirmCount(
  io: Pick<CommandIo, 'stdin' | 'stderr' | 'signal'>,
  question: { readonly text: string; readonly count: number },
): Promise<boolean> {
  io.stderr.write(question.text);
  const lines = createInterface({ input: io.stdin });
  const onAbort = (): void => lines.close();
  io.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (io.signal.aborted) return false;
    for await (const line of lines) return line.trim() === String(question.count);
    return false;
  } finally {
    io.signal.removeEventListener('abort', onAbort);
    lines.close();
  }
}
