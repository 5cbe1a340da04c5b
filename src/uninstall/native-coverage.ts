// What the native driver leaves to helm: whatever it would not end in the same state (DESIGN.md P9). Pure.
import { quoteUntrusted } from '../lib/quote-untrusted.ts';
import { deleteHooksOf, describeHook, describeObject, type ParsedContent } from './record-trust.ts';

/**
 * Why a release goes to helm, as a clause; undefined where native ends as helm does. Of a release that is uninstalled already
 * only the records go, and no hook runs.
 */
export function uncovered({ release, objects }: ParsedContent): string | undefined {
  if (release.status === 'uninstalled') return undefined;
  const [hook] = deleteHooksOf(release);
  if (hook !== undefined) return `it has a ${quoteUntrusted(describeHook(hook))}`;
  // a post-renderer can leave one there: helm sorts it out again and deletes it by no rule of the manifest
  const astray = objects.find(({ metadata }) => metadata.annotations?.['helm.sh/hook'] !== undefined);
  return astray === undefined
    ? undefined
    : `${quoteUntrusted(describeObject(astray))} in its manifest is annotated as a hook`;
}
