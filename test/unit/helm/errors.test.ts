// Each text of the fixture is what helm 4.2.3 said when it was really provoked on Kubernetes 1.36.3; paths are shortened.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classifyHelmFailure } from '../../../src/helm/errors.ts';

interface Case {
  readonly why: string;
  readonly code: string;
  readonly isTerminal: boolean;
  readonly stderr: string;
}

const fixture = readFileSync(join(import.meta.dirname, 'fixtures/helm-4.2.3-stderr.txt'), 'utf8');
const cases: readonly Case[] = fixture
  .split(/^### /m)
  .slice(1)
  .map((section) => {
    const [heading = '', ...lines] = section.trimEnd().split('\n');
    const [, code = '', kind, why = ''] = /^(\w+) (terminal|retried): (.*)$/.exec(heading) ?? [];
    return { code, why, isTerminal: kind === 'terminal', stderr: `${lines.join('\n')}\n` };
  });

const classify = (stderr: string, exitCode: number | undefined = 1) =>
  classifyHelmFailure('upgrade a/b', { stderr, exitCode, args: ['upgrade', 'b'] });

describe('classifyHelmFailure', () => {
  it.each(cases)('calls $why $code', ({ stderr, code, isTerminal }) => {
    const error = classify(stderr);
    expect(error).toMatchObject({ code, isTerminal, args: ['upgrade', 'b'] });
    expect(error.message).toMatch(/^cannot upgrade a\/b: (?!Error|level=)\S/);
    if (code !== 'HELM_FAILED') expect(error.remedy).toBeDefined();
  });

  it('says how to find the cause where helm keeps it to itself', () => {
    const error = classify('Error: failed to delete release: one\n');
    expect([error.code, error.remedy]).toEqual(['HELM_FAILED', expect.stringContaining('kubectl auth can-i delete')]);
    expect(classify('Error: what nobody has seen').remedy).toBeUndefined();
  });

  it.each([
    [
      '"svc.example.com": failed to call webhook: Post "https://gone.default.svc:443/x": service "gone" not found',
      'webhook svc.example.com (Service default/gone)',
    ],
    ['"a.example.com": failed to call webhook: Post "https://10.0.0.1:1/x": EOF', 'webhook a.example.com (10.0.0.1:1)'],
    ['"a.example.com": expected response.uid="x"', 'webhook a.example.com'],
  ])('names the webhook that the API server cannot call: %s', (text, who) => {
    const error = classify(`Error: Internal error occurred: failed calling webhook ${text}\n`);
    expect(error.code).toBe('HELM_WEBHOOK_FAILED');
    expect(error.remedy).toBe(
      `The API server cannot call ${who}: repair what serves it, or remove the configuration that names it.`,
    );
  });

  it('takes a webhook that says no for what it is', () => {
    const denied = 'Error: admission webhook "a.example.com" denied the request: dial tcp: connection refused\n';
    expect(classify(denied)).toMatchObject({ code: 'HELM_OBJECT_INVALID', isTerminal: true });
  });

  it('blames no chart for a release that its values made too large', () => {
    const { stderr = '' } = cases.find(({ code }) => code === 'HELM_RECORD_TOO_LARGE') ?? {};
    expect(classify(stderr).remedy).toContain('the chart or its values');
  });

  it('hands on nothing that a terminal would obey', () => {
    const { message } = classify('Error: \u001b[31mred\u001b[0m\u009b2J\u202e\nnext\r\n');
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(message).toContain('; next');
  });

  it('has seen every code that helm’s words can lead to', () => {
    expect([...new Set(cases.map(({ code }) => code))].sort()).toEqual([
      'HELM_API_UNREACHABLE',
      'HELM_CANCELLED',
      'HELM_CHART_INVALID',
      'HELM_FAILED',
      'HELM_FORBIDDEN',
      'HELM_HOOK_FAILED',
      'HELM_KIND_MISSING',
      'HELM_NAMESPACE_UNAVAILABLE',
      'HELM_NAME_INVALID',
      'HELM_NAME_IN_USE',
      'HELM_OBJECT_INVALID',
      'HELM_OBJECT_OWNED',
      'HELM_QUOTA_EXCEEDED',
      'HELM_RECORD_TOO_LARGE',
      'HELM_RELEASE_LOCKED',
      'HELM_RELEASE_NOT_FOUND',
      'HELM_RENDER_FAILED',
      'HELM_SERVICE_ACCOUNT_MISSING',
      'HELM_THROTTLED',
      'HELM_TIMEOUT',
      'HELM_VALUES_INVALID',
      'HELM_WEBHOOK_FAILED',
    ]);
  });

  it('is one line, as a column of kubectl is', () => {
    const stderr = [
      "Error: values don't meet the specifications of the schema(s) in the following chart(s):",
      'bookstore:',
      "- at '/replicaCount': got string, want integer",
      "- at '/image': got string, want object",
    ].join('\n');
    const paths = "bookstore: - at '/replicaCount': got string, want integer; - at '/image': got string, want object";
    expect(classify(stderr).message).toMatch(/chart\(s\): bookstore: /);
    expect(classify(stderr).message).toContain(paths);
  });

  it('keeps helm’s own words without its warnings, log lines and prefix', () => {
    const stderr = [
      'WARNING: Kubernetes configuration file is group-readable. This is insecure.',
      'level=WARN msg="upgrade failed" name=b',
      'I0102 10:00:00.000000 1 request.go:752] Waited before sending request',
      'Error: UPGRADE FAILED: it did not work',
      '',
      'and this is why',
    ].join('\n');
    expect(classify(stderr).message).toBe('cannot upgrade a/b: UPGRADE FAILED: it did not work; and this is why');
  });

  it('bounds the message: it goes into status and Events', () => {
    const { message } = classify(`Error: ${'x'.repeat(5_000)}`);
    expect(message).toHaveLength('cannot upgrade a/b: '.length + 1_000);
    expect(message.endsWith('x…')).toBe(true);
  });

  it.each([
    [3, 'code 3'],
    [undefined, 'code none'],
  ])('says how helm ended where it said nothing (%s)', (exitCode, expected) => {
    expect(classifyHelmFailure('uninstall a/b', { stderr: '\n', exitCode, args: [] })).toMatchObject({
      code: 'HELM_FAILED',
      isTerminal: false,
      message: `cannot uninstall a/b: helm ended with ${expected} and said nothing`,
    });
  });
});
