// The digest of a chart's content: two charts with equal digests render equal (O3).
import { createHash } from 'node:crypto';

/**
 * `sha256:…` over names and bytes, in the given order. Lengths are hashed too, so that moving a byte from a name to a
 * content, or from one file to the next, changes the digest.
 */
export function chartDigest(contents: readonly (readonly [name: string, bytes: Buffer])[]): string {
  const hash = createHash('sha256');
  for (const [name, bytes] of contents) {
    hash.update(`${Buffer.byteLength(name)}:${name}${bytes.length}:`).update(bytes);
  }
  return `sha256:${hash.digest('hex')}`;
}
