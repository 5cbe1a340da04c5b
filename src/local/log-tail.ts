// The last lines of a component's log.
import { open } from 'node:fs/promises';

const readBytes = 16_384;
const maxLineLength = 300;

/** Up to `count` last lines, long ones cut; none where there is no log. */
export async function logTail(path: string, count = 8): Promise<string[]> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path);
  } catch {
    return [];
  }
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - readBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(readBytes), 0, readBytes, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (start > 0) lines.shift(); // begins in the middle of a line
    return lines
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .map((line) => line.slice(0, maxLineLength));
  } finally {
    await file.close();
  }
}
