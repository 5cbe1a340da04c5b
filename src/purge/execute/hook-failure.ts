// Which delete hook a release failed by, and what that means for the release: helm names only the object, if that. Pure.
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import type { Release, ReleaseHook } from '../../release/decode.ts';
import { deleteHooksOf, describeHook } from '../../uninstall/record-trust.ts';
import type { UninstallOutcome } from './uninstall-release.ts';

/**
 * Says it in the message. Before anything else helm runs the pre-delete hooks, and ends where one fails; where a post-delete
 * hook fails the record is gone already: so it shows which of them it was.
 */
export function withHook(outcome: UninstallOutcome, release: Release): UninstallOutcome {
  if (outcome.result !== 'failed') return outcome;
  const hooks = deleteHooksOf(release);
  if (outcome.code === 'HELM_TIMEOUT') {
    const [first] = hooks;
    return first === undefined ? outcome : add(outcome, `its ${named(first)} may be what takes so long`);
  }
  if (outcome.code !== 'HELM_HOOK_FAILED' || outcome.record === 'unknown') return outcome;
  const isGone = outcome.record === 'gone';
  const event = isGone ? 'post-delete' : 'pre-delete';
  const candidates = hooks.filter(({ events }) => events.includes(event));
  const hook =
    candidates.find((one) => isNamedIn(outcome.message, one)) ?? (candidates.length === 1 ? candidates[0] : undefined);
  const which = hook === undefined ? `a ${event} hook` : `its ${named({ ...hook, events: [event] })}`;
  const meaning = isGone ? 'the release was deleted before it ran' : 'nothing else of the release was deleted';
  return add(outcome, `${which} failed: ${meaning}`);
}

function add<T extends { readonly message: string }>(outcome: T, note: string): T {
  return { ...outcome, message: `${outcome.message} (${note})` };
}

function isNamedIn(message: string, { kind, name }: ReleaseHook): boolean {
  return kind !== '' && name !== '' && message.includes(kind) && message.includes(name);
}

function named(hook: ReleaseHook): string {
  return quoteUntrusted(describeHook(hook));
}
