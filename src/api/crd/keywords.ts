// Every JSON Schema keyword that the CRD generator knows, and what becomes of it. A keyword that is not here is an error.

/** Keywords that mean something to editors and tools only; a CRD has no place for them. */
export const ANNOTATION_KEYWORDS: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  // Definitions are reached by $ref alone, which is refused where it stands.
  '$defs',
  'definitions',
  'examples',
  'readOnly',
  'writeOnly',
]);

/** Keywords that the generator turns into something else, each in a place of its own. */
export const TRANSLATED_KEYWORDS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'deprecated',
  'default',
  'type',
  'enum',
  'properties',
  'additionalProperties',
  'items',
  'required',
  'minProperties',
  'allOf',
  'anyOf',
  'oneOf',
  'not',
]);

/** Kubernetes' own keywords; they are carried over as they are. */
export const KUBERNETES_KEYWORDS: ReadonlySet<string> = new Set([
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
]);

/** Checks of a single value: the kind of operand that each takes. */
export const VALUE_KEYWORDS: Readonly<Record<string, 'number' | 'count' | 'pattern' | 'format'>> = {
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
  multipleOf: 'number',
  minLength: 'count',
  maxLength: 'count',
  minItems: 'count',
  maxItems: 'count',
  maxProperties: 'count',
  pattern: 'pattern',
  format: 'format',
};

/** Keywords that a structural schema has no counterpart for, with the way out. */
export const REFUSED_KEYWORDS: ReadonlyMap<string, string> = new Map([
  ['$ref', 'write the referenced schema out in this place'],
  ['$dynamicRef', 'write the referenced schema out in this place'],
  ['const', 'use enum with one value'],
  ['patternProperties', 'use additionalProperties, or x-kubernetes-preserve-unknown-fields'],
  ['propertyNames', 'use an x-kubernetes-validations rule'],
  ['unevaluatedProperties', 'leave it out; the API server refuses unknown fields under strict validation anyway'],
  ['if', 'use an x-kubernetes-validations rule'],
  ['then', 'use an x-kubernetes-validations rule'],
  ['else', 'use an x-kubernetes-validations rule'],
  ['dependencies', 'use an x-kubernetes-validations rule'],
  ['dependentRequired', 'use an x-kubernetes-validations rule'],
  ['dependentSchemas', 'use an x-kubernetes-validations rule'],
  ['uniqueItems', 'use x-kubernetes-list-type: set'],
  ['contains', 'use an x-kubernetes-validations rule'],
  ['minContains', 'use an x-kubernetes-validations rule'],
  ['maxContains', 'use an x-kubernetes-validations rule'],
  ['prefixItems', 'use one schema for all items'],
  ['additionalItems', 'use one schema for all items'],
  ['unevaluatedItems', 'use one schema for all items'],
  ['contentEncoding', 'use format: byte'],
  ['contentMediaType', 'say it in the description'],
  ['nullable', 'leave it out; every property below spec is nullable'],
]);

/** Formats that the API server checks; it ignores every other one without a word, so those are refused here. */
export const CHECKED_FORMATS: ReadonlySet<string> = new Set(
  (
    'bsonobjectid uri email hostname ipv4 ipv6 cidr mac uuid uuid3 uuid4 uuid5 isbn isbn10 isbn13 creditcard ssn ' +
    'hexcolor rgbcolor byte password date duration date-time int32 int64 float double'
  ).split(' '),
);
