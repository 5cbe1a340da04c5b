// A PurgePolicy as a whole, wherever it comes from: a text with lines, or an object of the API.
import { Document, LineCounter, type Node } from 'yaml';
import { API_VERSION } from '../../api/v1alpha1/group-version.ts';
import type { ObjectMeta } from '../../api/v1alpha1/object-meta.ts';
import { PURGE_POLICY_KIND, type PurgePolicy } from '../../api/v1alpha1/purge-policy.ts';
import { PurgeError } from '../errors.ts';
import { type Decoder, mapOf, object, oneOf, type Source, text } from './decoder.ts';
import { policySpec } from './policy-schema.ts';

/** What `kubectl get -o yaml` adds to a document: accepted, and not read. */
const writtenByTheServer = [
  'uid',
  'resourceVersion',
  'generation',
  'generateName',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'finalizers',
  'ownerReferences',
  'selfLink',
];

const metadata = object<Pick<ObjectMeta, 'name' | 'labels' | 'annotations'>>(
  {
    name: text('a name', (value) =>
      /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(value) ? undefined : `${JSON.stringify(value)} is not a name`,
    ),
    labels: mapOf(text('a label value')),
    annotations: mapOf(text('a text')),
  },
  { required: ['name'], ignore: writtenByTheServer },
);

/** The whole document; `status` is not read: it says what was, and not what is to be done. */
export const policyDocument: Decoder<PurgePolicy> = object<Omit<PurgePolicy, 'status'>>(
  { apiVersion: oneOf(API_VERSION), kind: oneOf(PURGE_POLICY_KIND), metadata, spec: policySpec },
  { required: ['apiVersion', 'kind', 'metadata', 'spec'], ignore: ['status'] },
);

/**
 * Reads a policy out of JSON. `where` says in an error whose it is, e.g. `PurgePolicy nightly in the cluster`.
 * @throws PurgeError `POLICY_INVALID`, with a line `spec.limits.maxPercent: …` for each mistake
 */
export function policyOfObject(value: unknown, where: string): PurgePolicy {
  const document = new Document<Node>(value, { aliasDuplicateObjects: false });
  const source: Source = {
    node: document.contents as Node,
    path: '',
    document,
    lines: new LineCounter(),
    problems: [],
  };
  const policy = policyDocument(source);
  if (policy !== undefined && source.problems.length === 0) return policy;
  const lines = source.problems.map(({ message }) => message.replace(/^: /, ''));
  throw new PurgeError('POLICY_INVALID', [`${where} is not a policy that can be used:`, ...lines].join('\n'), {
    isTerminal: true,
    remedy: 'Correct the fields above; docs/purge.md describes every one. Nothing was deleted.',
  });
}
