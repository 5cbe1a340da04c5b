// A packaged chart, made in memory.
import { gzipSync } from 'node:zlib';

/** One file of at most 512 bytes in a tar archive, compressed. */
export function archive(path: string, text: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(path);
  header.write(text.length.toString(8).padStart(11, '0'), 124);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0`, 148);
  const content = Buffer.alloc(512);
  content.write(text);
  return gzipSync(Buffer.concat([header, content, Buffer.alloc(1024)]));
}
