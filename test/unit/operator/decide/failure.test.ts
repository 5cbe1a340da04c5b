import { describe, expect, test } from 'vitest';
import { HelmError } from '../../../../src/helm/errors.ts';
import { rememberFailure, rememberUnready } from '../../../../src/operator/decide/failure.ts';
import { failure, now } from '../../../support/observations.ts';

const context = {
  action: 'upgrade',
  digest: 'd',
  forceRequest: undefined,
  revision: 2,
  before: undefined,
  nowMs: now,
  random: 0,
} as const;
const plain = new HelmError('HELM_FAILED', 'cannot upgrade a/b: no');

describe('rememberFailure', () => {
  test.each([
    ['HELM_VALUES_INVALID', 'InvalidValues'],
    ['HELM_RENDER_FAILED', 'InvalidValues'],
    ['HELM_CHART_INVALID', 'InvalidChart'],
    ['HELM_FORBIDDEN', 'Forbidden'],
    ['HELM_FAILED', 'UpgradeFailed'],
  ] as const)('%s is the reason %s', (code, reason) => {
    expect(rememberFailure(new HelmError(code, 'x'), context).reason).toBe(reason);
  });

  test('an uninstall is always worth another try', () => {
    const error = new HelmError('HELM_OBJECT_INVALID', 'x', { isTerminal: true });
    expect(rememberFailure(error, { ...context, action: 'uninstall' })).toMatchObject({
      reason: 'UninstallFailed',
      isTerminal: false,
    });
  });

  test('the wait doubles with each failure of the same thing', () => {
    const first = rememberFailure(plain, context);
    const second = rememberFailure(plain, { ...context, before: first });
    expect([first.retryAtMs - now, second.retryAtMs - now]).toEqual([5_000, 10_000]);
    expect(second.count).toBe(2);
  });

  test('something else starts anew', () => {
    const before = failure({ digest: 'other', count: 3 });
    expect(rememberFailure(plain, { ...context, before }).count).toBe(1);
  });

  test('an API server that is away spends no try, and is asked less and less often', () => {
    const error = new HelmError('HELM_API_UNREACHABLE', 'x');
    const first = rememberFailure(error, { ...context, before: failure({ digest: 'd', count: 2 }) });
    const second = rememberFailure(error, { ...context, before: first });
    expect([first, second]).toMatchObject([
      { isPassing: true, count: 2, inRow: 3, retryAtMs: now + 20_000 },
      { isPassing: true, count: 2, inRow: 4, retryAtMs: now + 40_000 },
    ]);
  });

  test('a webhook that is away spends one', () => {
    const error = new HelmError('HELM_WEBHOOK_FAILED', 'x');
    expect(rememberFailure(error, context)).toMatchObject({ isPassing: false, isTerminal: false, count: 1 });
  });

  test.each([true, false])('going back spends no try, and does not say whether another can help (%s)', (isTerminal) => {
    const error = new HelmError('HELM_OBJECT_INVALID', 'x', { isTerminal: !isTerminal });
    const before = failure({ digest: 'd', count: 2, isTerminal });
    const memory = rememberFailure(error, { ...context, action: 'rollback', before });
    expect(memory).toMatchObject({ action: 'rollback', reason: 'RollbackFailed', count: 2, isTerminal });
  });

  test('the message carries the remedy, however much was said before it', () => {
    const loud = new HelmError('HELM_OBJECT_INVALID', 'x'.repeat(5_000), { remedy: 'do that' });
    expect(rememberFailure(loud, context).message).toMatch(/^x{599}… — do that$/);
  });

  test('the message carries the remedy', () => {
    const error = new HelmError('HELM_FAILED', 'no', { remedy: 'do that' });
    expect(rememberFailure(error, context).message).toBe('no — do that');
  });
});

describe('rememberUnready', () => {
  const { action: _action, ...unready } = context;

  test('counts a revision once, whatever came of going back', () => {
    const first = rememberUnready('late', unready);
    expect(first).toMatchObject({ action: 'ready', reason: 'ReadyTimeout', count: 1, revision: 2 });
    expect(rememberUnready('late', { ...unready, before: first })).toBe(first);
    const notBack = rememberFailure(plain, { ...context, action: 'rollback', before: first });
    expect(rememberUnready('late', { ...unready, before: notBack })).toBe(notBack);
  });

  test('counts the next revision of the same content', () => {
    const first = rememberUnready('late', unready);
    expect(rememberUnready('late', { ...unready, revision: 4, before: first })).toMatchObject({ count: 2, inRow: 2 });
  });
});
