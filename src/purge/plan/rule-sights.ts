// What each rule of metadata saw: the facts behind its answer, in words. Pure.
import { PURGE_PREFIX } from '../../api/v1alpha1/annotations.ts';
import { formatGoDuration } from '../../lib/go-duration.ts';
import { quoteUntrusted } from '../../lib/quote-untrusted.ts';
import { type Annotated, isPurgeAnnotation } from '../../release/annotation-times.ts';
import { ageOf, isFluxKey, type RuleInput } from './rules.ts';

/** A rule's facts. Those of a rule that is not here are in its reason alone. */
export type Sight = (input: RuleInput) => string;

/** By rule, in the order in which they are asked. */
export const sights = {
  'hard-denial': ({ release, operator }) =>
    `namespace ${release.namespace}, release ${quoteUntrusted(release.name)}; the operator is ${operator.releaseName} in ${operator.namespaces.join(' or ')}`,
  'rejected-record': ({ rejected }) =>
    rejected.length === 0
      ? 'no Secret that claims to be its record and is none'
      : `Secrets that claim to be its record: ${rejected.map(({ secretName }) => quoteUntrusted(secretName)).join(', ')}`,
  'invalid-name': ({ release }) => quoteUntrusted(release.name),
  uninstalled: ({ release }) => `revision ${release.latest.revision} is ${release.latest.status}`,
  'keep-namespace': ({ home }) =>
    annotationsText(home, (key) => key.toLowerCase().startsWith(PURGE_PREFIX), 'the namespace'),
  'keep-release': ({ home, release }) =>
    annotationsText(home, (key) => key === `keep.${PURGE_PREFIX}${release.name}`, 'the namespace'),
  'keep-record': ({ release }) => {
    const found = release.annotated.filter(({ annotations }) => Object.keys(annotations).some(isPurgeAnnotation));
    const records = `${release.revisions} stored record${release.revisions === 1 ? '' : 's'}`;
    return found.length === 0
      ? `no annotation of the purge on its ${records}`
      : found.map((record) => annotationsText(record, isPurgeAnnotation, 'a record')).join('; ');
  },
  'keep-owner': ({ owners = [] }) =>
    owners.length === 0
      ? 'no HelmRelease of Flux is about it'
      : owners.map((owner) => annotationsText(owner, isPurgeAnnotation, owner.what)).join('; '),
  exclude: ({ release, settings }) =>
    `the name ${settings.isExcluded(release.name) ? 'matches' : 'matches none of'} the policy's exclude`,
  owned: ({ release }) =>
    release.owner === undefined
      ? 'no record carries an owner label of ours'
      : `owner label ${quoteUntrusted(release.owner)}`,
  foreign: ({ release, owners = [], settings }) => {
    const keys = Object.keys({ ...release.latest.annotations, ...release.latest.labels }).filter(isFluxKey);
    const marks =
      keys.length === 0 ? 'no mark of Flux on the record' : `marks of Flux: ${keys.map(quoteUntrusted).join(', ')}`;
    const about = owners.length === 0 ? 'no HelmRelease is about it' : owners.map(({ what }) => what).join(', ');
    return `${about}; ${marks}; foreignReleases: ${settings.shouldPurgeForeign ? 'Purge' : 'Skip'}`;
  },
  'unknown-age': ({ release: { latest } }) =>
    `createdAt ${instant(latest.createdAtMs)}, modifiedAt ${instant(latest.modifiedAtMs)}`,
  'young-pending': ({ release, nowMs }) => `${release.latest.status}, ${ageText(ageOf(release, nowMs))}`,
  'min-age': ({ release, settings, nowMs }) =>
    `${ageText(ageOf(release, nowMs))}; minAge is ${seconds(settings.minAgeMs)}`,
} as const satisfies Readonly<Record<string, Sight>>;

function annotationsText(on: Annotated, isOne: (key: string) => boolean, where: string): string {
  const found = Object.entries(on.annotations).filter(([key]) => isOne(key));
  if (found.length === 0) return `no such annotation on ${where}`;
  const told = found.map(([key, value]) => {
    const setAtMs = on.annotationTimes?.[key];
    return `${quoteUntrusted(key)}: ${quoteUntrusted(value)}, ${setAtMs === undefined ? 'nobody knows since when' : `set ${instant(setAtMs)}`}`;
  });
  return `on ${where} ${told.join('; ')}`;
}

function ageText(ageMs: number | undefined): string {
  return ageMs === undefined ? 'of unknown age' : `last changed ${seconds(ageMs)} ago`;
}

function instant(ms: number | undefined): string {
  return ms === undefined ? 'unknown' : new Date(ms).toISOString().replace('.000Z', 'Z');
}

function seconds(ms: number): string {
  return formatGoDuration(Math.floor(ms / 1_000) * 1_000);
}
