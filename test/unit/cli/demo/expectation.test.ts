// A demand on an output is met, or says what is wrong.
import { expect, test } from 'vitest';
import { helmRelease, helmRevision, lists, prints, purgeEntry } from '../../../../src/cli/demo/expectation.ts';
import { stepProblem } from '../../../../src/cli/demo/step.ts';

const list = (...rows: string[]) => ['NAME\tNAMESPACE\tREVISION\tSTATUS', ...rows].join('\n');
const plan = `NAMESPACE   RELEASE   ACTION   REASON
a           shop      purge    nothing keeps it
a           notes     keep     it is protected`;

test.for([
  ['the same rows in another order', list('x\ta\t1\tdeployed', 'y\ta\t1\tdeployed'), undefined],
  ['a row too few', list('x\ta\t1\tdeployed'), 'found a/x instead of a/x, a/y'],
  ['a row too many', list('x\ta\t1\td', 'y\ta\t1\td', 'z\tb\t1\td'), 'found a/x, a/y, b/z instead of a/x, a/y'],
  ['no table', 'Error: connection refused', 'found none instead of a/x, a/y'],
] as const)('rows are compared as a set: %s', ([, output, problem]) => {
  expect(lists('', ['a/y', 'a/x'], { key: helmRelease }).problem(output)).toBe(problem);
});

test('a release that was upgraded is not untouched', () => {
  const demand = lists('', ['a/x v1 deployed'], { key: helmRevision });
  expect(demand.problem(list('x\ta\t1\tdeployed'))).toBeUndefined();
  expect(demand.problem(list('x\ta\t2\tdeployed'))).toBe('found a/x v2 deployed instead of a/x v1 deployed');
});

test('rows can be chosen by a column', () => {
  const purged = (keys: readonly string[]) =>
    lists('', keys, { key: purgeEntry, where: (row) => row.ACTION === 'purge' }).problem(plan);
  expect(purged(['a/shop'])).toBeUndefined();
  expect(purged(['a/shop', 'a/notes'])).toBe('found a/shop instead of a/notes, a/shop');
});

test('a step fails by its exit code first, then by its first unmet demand', () => {
  const step = {
    line: 'true',
    expects: [prints('it says a', 'a'), prints('it says b', 'b'), prints('it says c', 'c')],
  };
  expect(stepProblem(step, { exitCode: 0, output: 'abc' })).toBeUndefined();
  expect(stepProblem(step, { exitCode: 0, output: 'a' })).toEqual({
    expected: 'it says b',
    found: '"b" is not in the output',
  });
  expect(stepProblem(step, { exitCode: 3, output: 'abc' })).toEqual({ expected: 'exit code 0', found: 'exit code 3' });
  expect(stepProblem(step, { exitCode: undefined, output: '' })?.found).toBe('it was ended by a signal');
});
