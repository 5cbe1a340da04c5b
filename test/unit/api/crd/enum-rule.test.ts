import { expect, it } from 'vitest';
import { enumRule } from '../../../../src/api/crd/enum-rule.ts';

it.each([
  [['a', 'b'], 'string', 'self in ["a", "b"]', 'must be one of: a, b'],
  [['"q"', '\\', 'é'], 'string', String.raw`self in ["\"q\"", "\\", "é"]`, 'must be one of: "q", \\, é'],
  [[1, 2], 'integer', 'self in [1, 2]', 'must be one of: 1, 2'],
  [[1, 2.5], 'number', 'self in [1.0, 2.5]', 'must be one of: 1, 2.5'],
  [[true], 'boolean', 'self in [true]', 'must be one of: true'],
  [['http', 80], 'int-or-string', 'type(self) == int ? self in [80] : self in ["http"]', 'must be one of: http, 80'],
  [[80], 'int-or-string', 'type(self) == int ? self in [80] : false', 'must be one of: 80'],
] as const)('for %j of type %s is a rule that Kubernetes accepts', (...[values, type, rule, message]) => {
  expect(enumRule(values, type)).toEqual({ rule, message });
});

it.each([
  [[], 'string'],
  [[null], 'string'],
  [[1], 'string'],
  [[1.5], 'integer'],
  [[{}], 'int-or-string'],
] as const)('for %j of type %s is none', (values, type) => {
  expect(enumRule(values, type)).toBeUndefined();
});
