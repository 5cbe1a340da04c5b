import { describe, expect, test } from 'vitest';
import { HelmError } from '../../../../src/helm/errors.ts';
import { rememberFailure } from '../../../../src/operator/decide/failure.ts';
import { failure, now } from '../../../support/observations.ts';

const context = {
  action: 'upgrade',
  digest: 'd',
  forceRequest: undefined,
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

  test('an API server that is away spends no try', () => {
    const error = new HelmError('HELM_API_UNREACHABLE', 'x');
    expect(rememberFailure(error, { ...context, before: failure({ digest: 'd', count: 2 }) }).count).toBe(2);
  });

  test.each([true, false])('going back spends no try, and does not say whether another can help (%s)', (isTerminal) => {
    const error = new HelmError('HELM_OBJECT_INVALID', 'x', { isTerminal: !isTerminal });
    const before = failure({ digest: 'd', count: 2, isTerminal });
    const memory = rememberFailure(error, { ...context, action: 'rollback', before });
    expect(memory).toMatchObject({ action: 'rollback', reason: 'RollbackFailed', count: 2, isTerminal });
  });

  test('the message carries the remedy', () => {
    const error = new HelmError('HELM_FAILED', 'no', { remedy: 'do that' });
    expect(rememberFailure(error, context).message).toBe('no — do that');
  });
});
