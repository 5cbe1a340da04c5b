// What names may look like in Kubernetes; each rule says in words what it expects.
import type { TextRule } from './field-reader.ts';

const dnsLabel = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const qualifiedName = /^[A-Za-z0-9](?:[-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/;

const isSubdomain = (text: string): boolean =>
  text.length <= 253 && text.split('.').every((part) => dnsLabel.test(part));

/** Any text that is not empty. */
export const nonEmpty = (expected: string): TextRule => ({ expected, test: (text) => text !== '' });

/** An API group; empty is the core group. */
export const groupName: TextRule = {
  expected: 'an API group such as velotio.com, or ""',
  test: (text) => text === '' || isSubdomain(text),
};

/** An API version. */
export const versionName: TextRule = {
  expected: 'an API version such as v1alpha1',
  test: (text) => /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text),
};

/** A kind. */
export const kindName: TextRule = {
  expected: 'a kind such as BookStore',
  test: (text) => /^[A-Za-z][A-Za-z0-9]{0,62}$/.test(text),
};

/** A namespace. */
export const namespaceName: TextRule = { expected: 'a namespace', test: (text) => dnsLabel.test(text) };

/** The name of an object. */
export const objectName: TextRule = {
  expected: 'a name of lower-case letters, digits, "-" and "."',
  test: isSubdomain,
};

/** A key in the data of a Secret or ConfigMap. */
export const dataKey: TextRule = {
  expected: 'a key of letters, digits, "-", "_" and "."',
  test: (text) => /^[-._a-zA-Z0-9]{1,253}$/.test(text),
};

/** A label's key, with or without a prefix. */
export const labelKey: TextRule = {
  expected: 'a label key such as app or example.com/app',
  test: (text) => {
    const [name = '', prefix, ...more] = text.split('/').reverse();
    return qualifiedName.test(name) && (prefix === undefined || isSubdomain(prefix)) && more.length === 0;
  },
};

/** A label's value. */
export const labelValue: TextRule = {
  expected: 'a label value: at most 63 letters, digits, "-", "_" and "."',
  test: (text) => text === '' || qualifiedName.test(text),
};

/** A JSON pointer; empty is the whole object. */
export const jsonPointer: TextRule = {
  expected: 'a JSON pointer such as /spec/replicas',
  test: (text) => /^(?:\/(?:[^~/]|~[01])*)*$/.test(text),
};
