import { describe, expect, it } from 'vitest';
import { specSchema } from '../../../../src/api/crd/spec-schema.ts';

/** The schema of a field `x`, as it comes out. */
function field(schema: unknown, defaults?: unknown): unknown {
  const result = specSchema({ type: 'object', properties: { x: schema } }, defaults);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.schema.properties?.x;
}

function problemsOf(schema: unknown, defaults?: unknown): readonly string[] {
  const result = specSchema(schema, defaults);
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
}

const anything = { 'x-kubernetes-preserve-unknown-fields': true };

describe('what a structural schema can say', () => {
  it.each([
    ['a text', { type: 'string', minLength: 1, pattern: '^a' }, { type: 'string', minLength: 1, pattern: '^a' }],
    [
      'a number above a limit',
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'number', minimum: 0, exclusiveMinimum: true },
    ],
    [
      'the tighter of two limits',
      { type: 'integer', minimum: 5, exclusiveMinimum: 2, maximum: 9, exclusiveMaximum: 9 },
      { type: 'integer', minimum: 5, exclusiveMinimum: false, maximum: 9, exclusiveMaximum: true },
    ],
    ['anything, by a schema of true', true, anything],
    ['anything, by an empty schema', {}, anything],
    ['an object of which nothing is said', { type: 'object' }, { type: 'object', ...anything }],
    ['an open object', { type: 'object', additionalProperties: true }, { type: 'object', ...anything }],
    [
      'an object with known fields and others',
      { type: 'object', additionalProperties: true, properties: { a: { type: 'string' } } },
      { type: 'object', properties: { a: { type: 'string', nullable: true } }, ...anything },
    ],
    [
      'a map, whose values may be null too',
      { type: 'object', additionalProperties: { type: 'string' } },
      { type: 'object', additionalProperties: { type: 'string', nullable: true } },
    ],
    ['a list of anything', { type: 'array' }, { type: 'array', items: anything }],
    [
      'a list, whose items are no fields and may not be null',
      { type: 'array', items: { type: 'string', enum: ['a'] } },
      { type: 'array', items: { type: 'string', enum: ['a'] } },
    ],
    [
      'a list that is a map, whose keys may not be null',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, v: { type: 'string' } } },
      },
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string' }, v: { type: 'string', nullable: true } },
        },
      },
    ],
    ['an integer or a string', { 'x-kubernetes-int-or-string': true }, { 'x-kubernetes-int-or-string': true }],
    [
      'an integer or a string, said for helm with a list of types',
      { 'x-kubernetes-int-or-string': true, type: ['integer', 'string'] },
      { 'x-kubernetes-int-or-string': true },
    ],
    [
      'an integer or a string, said for helm with anyOf',
      { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] },
      { 'x-kubernetes-int-or-string': true },
    ],
    [
      'alternatives of a value',
      { type: 'string', anyOf: [{ pattern: '^a' }, { not: { enum: ['b'] } }] },
      { type: 'string', anyOf: [{ pattern: '^a' }, { not: { enum: ['b'] } }] },
    ],
    [
      'rules of its own',
      { type: 'string', 'x-kubernetes-validations': [{ rule: 'true', message: 'm' }], enum: ['a'] },
      {
        type: 'string',
        'x-kubernetes-validations': [
          { rule: 'true', message: 'm' },
          { rule: 'self in ["a"]', message: 'must be one of: a' },
        ],
      },
    ],
  ])('is %s', (_, schema, expected) => {
    expect(field(schema)).toEqual({ ...expected, nullable: true });
  });

  it('makes every field nullable, at every depth, and spec itself not', () => {
    const leaf = { type: 'string' };
    const result = specSchema({
      type: 'object',
      properties: {
        a: { type: 'object', properties: { b: { type: 'array', items: { type: 'object', properties: { c: leaf } } } } },
      },
    });
    expect(result).toEqual({
      ok: true,
      notes: [],
      schema: {
        type: 'object',
        properties: {
          a: {
            type: 'object',
            nullable: true,
            properties: {
              b: {
                type: 'array',
                nullable: true,
                items: { type: 'object', properties: { c: { type: 'string', nullable: true } } },
              },
            },
          },
        },
      },
    });
  });
});

describe('an enum of a nullable field', () => {
  it('is a CEL rule, because a native one is checked against null too', () => {
    expect(field({ type: 'string', enum: ['A', 'B', null] })).toEqual({
      type: 'string',
      nullable: true,
      'x-kubernetes-validations': [{ rule: 'self in ["A", "B"]', message: 'must be one of: A, B' }],
    });
  });

  it('is a native one inside allOf where a rule could run too often', () => {
    const inList = (limit: object): unknown =>
      field({ type: 'array', ...limit, items: { type: 'object', properties: { e: { type: 'string', enum: ['A'] } } } });
    expect(inList({})).toMatchObject({ items: { properties: { e: { nullable: true, allOf: [{ enum: ['A'] }] } } } });
    expect(inList({ maxItems: 100 })).toMatchObject({
      items: { properties: { e: { 'x-kubernetes-validations': [{ rule: 'self in ["A"]' }] } } },
    });
    expect(
      field({ type: 'object', additionalProperties: { type: 'string', enum: ['A'], allOf: [{ pattern: '^A' }] } }),
    ).toMatchObject({ additionalProperties: { allOf: [{ pattern: '^A' }, { enum: ['A'] }] } });
  });
});

describe('defaults', () => {
  it('stay out of the schema and go into descriptions, from values.yaml where the schema has none', () => {
    const schema = {
      type: 'object',
      properties: {
        a: { type: 'integer', description: 'Pods', default: 1 },
        b: { type: 'string', description: 'A tag.' },
        c: { type: 'object', properties: { d: { type: 'array', title: 'Rules' } } },
        e: { type: 'boolean', deprecated: true },
        f: { type: 'string', description: 'Default: the name.' },
        g: { type: 'string' },
      },
    };
    const result = specSchema(schema, { a: 1, b: 'latest', c: { d: [] }, e: false, f: '', g: null });
    expect(result).toMatchObject({
      ok: true,
      schema: {
        properties: {
          a: { description: 'Pods. Default: 1.' },
          b: { description: 'A tag. Default: "latest".' },
          c: { properties: { d: { description: 'Rules. Default: [].' } } },
          e: { description: 'Deprecated. Default: false.' },
          f: { description: 'Default: the name.' },
        },
      },
    });
    expect(JSON.stringify(result)).not.toContain('"default"');
  });

  it('that contradict values.yaml are a problem', () => {
    expect(problemsOf({ type: 'object', properties: { a: { type: 'integer', default: 2 } } }, { a: 1 })).toEqual([
      '$.properties.a.default: is 2, but values.yaml says 1',
    ]);
  });
});

describe('what holds for the merged values only', () => {
  it('is left to helm with a note, but kept inside lists, which helm does not merge', () => {
    const item = { type: 'object', required: ['name'], minProperties: 1, properties: { name: { type: 'string' } } };
    const result = specSchema({
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'object', minProperties: 1 }, l: { type: 'array', items: item } },
    });
    expect(result).toMatchObject({
      ok: true,
      notes: [{ path: '$.required' }, { path: '$.properties.a.minProperties' }],
      schema: { properties: { l: { items: { required: ['name'], minProperties: 1 } } } },
    });
    expect(result.ok && result.schema.required).toBeUndefined();
  });
});

describe('what a structural schema cannot say', () => {
  it.each([
    ['$ref', { $ref: '#/$defs/x' }],
    ['a list of types', { type: ['string', 'null'] }],
    ['const', { const: 1 }],
    ['patternProperties', { type: 'object', patternProperties: { '^a': { type: 'string' } } }],
    ['if', { type: 'string', if: { minLength: 1 } }],
    ['then', JSON.parse('{"type": "string", "then": {"minLength": 1}}')],
    ['else', { type: 'string', else: { minLength: 1 } }],
    ['uniqueItems', { type: 'array', uniqueItems: true }],
    ['dependentRequired', { type: 'object', dependentRequired: { a: ['b'] } }],
    ['propertyNames', { type: 'object', propertyNames: { minLength: 1 } }],
    ['nullable', { type: 'string', nullable: true }],
    ['an unknown keyword', { type: 'string', minlength: 1 }],
    ['a type inside oneOf', { type: 'string', oneOf: [{ type: 'string' }] }],
    ['a type inside anyOf', { type: 'string', anyOf: [{ pattern: 'a' }, { type: 'string' }] }],
    ['a type inside allOf', { type: 'string', allOf: [{ type: 'string' }] }],
    ['a type inside not', { type: 'string', not: { type: 'string' } }],
    ['required inside oneOf', { type: 'object', oneOf: [{ required: ['a'] }] }],
    ['fields inside anyOf', { type: 'object', anyOf: [{ properties: { a: { enum: [1] } } }] }],
    ['closed fields', { type: 'object', properties: {}, additionalProperties: false }],
    ['fields beside a map', { type: 'object', properties: {}, additionalProperties: { type: 'string' } }],
    ['a closed object', { type: 'object', additionalProperties: false }],
    ['a schema of false', false],
    ['a schema that is none', 'string'],
    ['no type', { minLength: 1 }],
    ['an unknown type', { type: 'text' }],
    ['null', { type: 'null' }],
    ['fields of a text', { type: 'string', properties: {} }],
    ['items of an object', { type: 'object', items: {} }],
    ['a list of schemas for items', { type: 'array', items: [{ type: 'string' }] }],
    ['a type beside int-or-string', { 'x-kubernetes-int-or-string': true, type: 'string' }],
    ['an enum of objects', { type: 'object', enum: [{}] }],
    ['an enum of another type', { type: 'string', enum: ['a', 1] }],
    ['an empty enum', { type: 'string', enum: [] }],
    ['an enum that is no list', { type: 'string', enum: 'a' }],
    ['a format that nobody checks', { type: 'string', format: 'ip-address' }],
    ['look-ahead', { type: 'string', pattern: '^(?!a)' }],
    ['a back-reference', { type: 'string', pattern: String.raw`(a)\1` }],
    ['a pattern that is none', { type: 'string', pattern: '(' }],
    ['a limit that is no number', { type: 'integer', minimum: '1' }],
    ['a negative length', { type: 'string', minLength: -1 }],
    ['alternatives that are no list', { type: 'string', anyOf: {} }],
    ['fields that are no object', { type: 'object', properties: [] }],
  ])('for %s is a problem with its path', (_, schema) => {
    const problems = problemsOf({ type: 'object', properties: { x: schema } });
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).toMatchSnapshot();
  });

  it('is reported all at once, at every depth', () => {
    const schema = {
      type: 'object',
      properties: {
        a: { $ref: '#/$defs/a' },
        'b.c': { type: 'array', items: { type: 'object', properties: { d: { type: ['string', 'null'] } } } },
        e: { type: 'object', additionalProperties: { type: 'string', foo: 1 } },
        f: { type: 'string', anyOf: [{ minLength: 1 }, { type: 'string' }] },
      },
    };
    expect(problemsOf(schema).join('\n')).toMatchInlineSnapshot(`
      "$.properties.a.$ref: $ref cannot be carried over: write the referenced schema out in this place
      $.properties["b.c"].items.properties.d.type: a structural schema has one type: for integer and string use x-kubernetes-int-or-string
      $.properties.e.additionalProperties.foo: unknown keyword "foo"
      $.properties.f.anyOf[1].type: a structural schema has no place for type inside allOf, anyOf, oneOf or not; only checks of the value itself may stand there"
    `);
  });

  it('includes values that are no object', () => {
    expect(problemsOf({ type: 'array' })).toEqual(['$.type: values are an object']);
    expect(problemsOf(true)).toEqual(['$.type: values are an object']);
    expect(problemsOf([])).toEqual(['$: must be a schema']);
  });

  it('does not include what means something to editors only', () => {
    const words = { $schema: 's', $id: 'i', $comment: 'c', $defs: { x: { $ref: '#' } }, examples: [1], readOnly: true };
    expect(field({ ...words, type: 'string' })).toEqual({ type: 'string', nullable: true });
  });
});
