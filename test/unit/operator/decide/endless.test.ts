// Whatever fails, and in whatever order: helm is asked less and less often, or not at all any more (DESIGN.md O11).
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HelmError, type HelmErrorCode } from '../../../../src/helm/errors.ts';
import { decide } from '../../../../src/operator/decide/decide.ts';
import { formatDigestLabel } from '../../../../src/operator/decide/desired-digest.ts';
import { rememberFailure, rememberUnready } from '../../../../src/operator/decide/failure.ts';
import type { FailureMemory, ObservedRelease } from '../../../../src/operator/observe/observation.ts';
import { digest, now, observation, release, resource, snapshot } from '../../../support/observations.ts';
import { watchEntry } from '../../../support/watch-entries.ts';

/** What becomes of a helm call: nothing was changed, the new revision failed, helm was killed, or it is deployed and never ready. */
interface Outcome {
  readonly how: 'refused' | 'failed' | 'killed' | 'done';
  readonly code: HelmErrorCode;
  readonly random: number;
}

const codes = [
  'HELM_API_UNREACHABLE',
  'HELM_WEBHOOK_FAILED',
  'HELM_TIMEOUT',
  'HELM_HOOK_FAILED',
  'HELM_CANCELLED',
] as const;
const outcomes: fc.Arbitrary<Outcome> = fc.record({
  how: fc.constantFrom('refused', 'failed', 'killed', 'done'),
  code: fc.constantFrom(...codes),
  random: fc.double({ min: 0, max: 0.999, noNaN: true }),
});
const entries = fc.record({
  install: fc.constantFrom('none', 'uninstall'),
  upgrade: fc.constantFrom('none', 'rollback'),
  retries: fc.constantFrom(0, 3, 1_000),
});
const older = 'e'.repeat(40);
const capMs = 300_000;
const hours = 6;

/** When helm was called in six hours, by verb; `outcome` is asked for each call. */
function live(entry: ReturnType<typeof watchEntry>, isNew: boolean, outcome: () => Outcome) {
  const made = (revision: number, status: ObservedRelease['status'], of: string): ObservedRelease =>
    release({ revision, status, holder: 'self', digestLabel: formatDigestLabel({ digest: of, revision }), good });
  let good: number[] = isNew ? [] : [1];
  let known = isNew ? undefined : snapshot(1, older);
  let held: ObservedRelease | undefined = isNew ? undefined : made(1, 'deployed', older);
  let readyRevision = isNew ? undefined : 1;
  let failure: FailureMemory | undefined;
  let history: ReturnType<typeof snapshot>[] = [];
  let isLate = false;
  let nowMs = now;
  const calls: { readonly verb: string; readonly atMs: number }[] = [];
  const deployed = (revision: number, of: string): void => {
    if (known !== undefined) history = [known, ...history].slice(0, 5);
    known = snapshot(revision, of);
    good = [revision, ...good];
    held = made(revision, 'deployed', of);
  };
  const end = now + hours * 3_600_000;
  for (let pass = 0; pass < 20_000 && nowMs < end; pass += 1) {
    const lastDeployed = new Date(isLate ? 0 : nowMs).toISOString();
    const before = observation({
      entry,
      failure,
      release: held === undefined ? undefined : { ...held, good: good.filter((each) => each < (held?.revision ?? 0)) },
      workloads: { state: 'progressing', message: 'never ready' },
      resource: resource(
        {},
        {
          ...(known === undefined ? {} : { release: { ...known, lastDeployed } }),
          history,
          ...(readyRevision === undefined ? {} : { readyRevision }),
          unreadySince: lastDeployed,
        },
      ),
    });
    const { action, requeueAfterMs, toRevision, reason, message } = decide(before, nowMs);
    if (action === 'none') {
      if (requeueAfterMs === undefined) return { calls, isAtRest: true };
      nowMs += requeueAfterMs;
      isLate = true;
      continue;
    }
    if (action === 'unlock' && toRevision === undefined) {
      held = held === undefined ? undefined : { ...held, status: 'failed' };
      continue;
    }
    const context = { digest, forceRequest: undefined, revision: held?.revision, before: failure, nowMs };
    const { how, code, random } = outcome();
    if (reason === 'ReadyTimeout') failure = rememberUnready(message, { ...context, random });
    calls.push({ verb: action, atMs: nowMs });
    nowMs += 1_000;
    const verb = action === 'remove' ? 'uninstall' : action === 'install' || action === 'upgrade' ? action : 'rollback';
    const next = (held?.revision ?? 0) + 1;
    if (how === 'done' && verb === 'uninstall') held = undefined;
    else if (how === 'done') {
      deployed(next, verb === 'rollback' ? older : digest);
      if (verb === 'rollback' && readyRevision === toRevision) readyRevision = next;
      isLate = false;
    } else {
      if (how !== 'refused' && verb !== 'uninstall')
        held = made(next, how === 'failed' ? 'failed' : 'pending-upgrade', digest);
      failure = rememberFailure(new HelmError(code, 'no'), { ...context, before: failure, action: verb, random });
    }
  }
  return { calls, isAtRest: false };
}

test('whatever fails, the waits between deployments grow to five minutes, or no tries are left', () => {
  fc.assert(
    fc.property(
      entries,
      fc.boolean(),
      fc.array(outcomes, { minLength: 1, maxLength: 12 }),
      (remediation, isNew, script) => {
        let at = 0;
        const entry = watchEntry({ remediation });
        const { calls, isAtRest } = live(
          entry,
          isNew,
          () => script[at++ % script.length] ?? { how: 'failed', code: 'HELM_FAILED', random: 0 },
        );
        const tries = calls.filter(({ verb }) => verb === 'install' || verb === 'upgrade').map(({ atMs }) => atMs);
        const gaps = tries.slice(1).map((atMs, index) => atMs - (tries[index] ?? 0));
        for (const [index, gap] of gaps.entries()) {
          expect(gap).toBeGreaterThanOrEqual(Math.min(capMs, 5_000 * 2 ** index) / 2);
        }
        // a try has at most a rollback or an uninstall of its own, and another that frees what that one left
        expect(calls.length).toBeLessThanOrEqual(3 * tries.length + 3);
        if (remediation.retries < 1_000 && !script.some(({ code }) => code === 'HELM_API_UNREACHABLE')) {
          expect(isAtRest).toBe(true);
        }
      },
    ),
    { numRuns: 500 },
  );
});
