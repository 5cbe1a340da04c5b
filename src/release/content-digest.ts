// What a revision consists of, as one short text: noted when helm has just written it, it tells a record that somebody
// changed, or forged, later (DESIGN.md O7). Pure.
import { createHash } from 'node:crypto';
import type { Release } from './decode.ts';

/** 40 hexadecimal digits of SHA-256 over identity, manifest and hooks. Helm changes a revision's state, never these. */
export function contentDigest({ name, namespace, revision, manifest, hooks }: Release): string {
  const content = hooks.map((hook) => [hook.name, hook.kind, hook.manifest, hook.events]);
  return createHash('sha256')
    .update(JSON.stringify([name, namespace, revision, manifest, content]))
    .digest('hex')
    .slice(0, 40);
}
