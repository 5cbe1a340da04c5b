// A plan that somebody looked at and gives back: read from what `purge plan -o json` (or yaml) printed. Pure.
import { parse } from 'yaml';
import { API_VERSION } from '../../api/v1alpha1/group-version.ts';
import { errorText } from '../../lib/error-text.ts';
import { PurgeError } from '../errors.ts';

/** A release that the plan purges, as it was. */
export interface GivenPurge {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly recordsDigest: string;
  readonly namespaceUid: string;
}

/** What of a plan decides; it is untrusted, and narrows a fresh plan at most. */
export interface GivenPlan {
  readonly policy: string;
  readonly context: string;
  readonly server: string;
  /** The caps that it hit, in words; not empty: it purges nothing. */
  readonly capsHit: readonly string[];
  readonly purges: readonly GivenPurge[];
}

/** Reads it; fields that it does not need are not looked at. @throws PurgeError `PLAN_INVALID`, `file` named */
export function parsePlanFile(content: string, file: string): GivenPlan {
  try {
    const plan = new Reader('the plan', parseText(content));
    plan.mustBe('apiVersion', API_VERSION);
    plan.mustBe('kind', 'PurgePlan');
    const uids = new Map(plan.list('namespaces').map((one) => [one.text('name'), one.optionalText('uid')]));
    const purges = plan
      .list('entries')
      .filter((entry) => entry.text('action') === 'purge')
      .map((entry) => purgeOf(entry, uids));
    const seen = new Set<string>();
    for (const { namespace, name } of purges) {
      const key = `${namespace}/${name}`;
      if (seen.has(key)) throw new Error(`${key} stands in it twice`);
      seen.add(key);
    }
    return {
      policy: plan.text('policy'),
      context: plan.text('context'),
      server: plan.text('server'),
      capsHit: plan.list('capsHit').map((hit) => hit.text('reason')),
      purges,
    };
  } catch (error) {
    throw new PurgeError('PLAN_INVALID', `${file} is not a plan that can be run: ${errorText(error)}`, {
      cause: error,
      isTerminal: true,
      remedy: 'Give what purge plan -o json printed, unchanged. Nothing was deleted.',
    });
  }
}

/** JSON is YAML too, but read so much faster. */
function parseText(content: string): unknown {
  return content.trimStart().startsWith('{') ? JSON.parse(content) : parse(content);
}

function purgeOf(entry: Reader, uids: ReadonlyMap<string, string | undefined>): GivenPurge {
  const namespace = entry.text('namespace');
  const namespaceUid = uids.get(namespace);
  if (namespaceUid === undefined) throw new Error(`it does not say which namespace ${namespace} it saw (uid)`);
  return {
    namespace,
    namespaceUid,
    name: entry.text('name'),
    revision: entry.revision(),
    recordsDigest: entry.text('recordsDigest'),
  };
}

/** An object of a document whose fields are asked for by their names. */
class Reader {
  readonly #what: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(what: string, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object`);
    this.#what = what;
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  mustBe(field: string, expected: string): void {
    const found = this.#fields[field];
    if (found !== expected) throw new Error(`${field} is ${JSON.stringify(found) ?? 'missing'}, not ${expected}`);
  }

  optionalText(field: string): string | undefined {
    return this.#fields[field] === undefined ? undefined : this.text(field);
  }

  text(field: string): string {
    const value = this.#fields[field];
    if (typeof value === 'string' && value !== '') return value;
    throw new Error(`${this.#what} has no ${field}`);
  }

  revision(): number {
    const { revision } = this.#fields;
    if (typeof revision === 'number' && Number.isSafeInteger(revision) && revision > 0) return revision;
    throw new Error(`${this.#what} has no revision`);
  }

  list(field: string): readonly Reader[] {
    const value = this.#fields[field];
    if (!Array.isArray(value)) throw new Error(`${this.#what} has no list ${field}`);
    return value.map((one: unknown, index) => new Reader(`${field}[${index}]`, one));
  }
}
