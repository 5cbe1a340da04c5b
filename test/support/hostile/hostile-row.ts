// What a hostile or unlucky release is: one row of the table, and the hands it is made with.
import type { KubeClient } from '../../../src/kube/client.ts';
import type { PlanRule } from '../../../src/purge/plan/plan.ts';
import type { LeftReason } from '../../../src/purge/verify/left-object.ts';
import type { Manifested, WrittenRecord } from '../written-release.ts';

/** How a release is to end. */
export type Ending =
  /** By the plan: nothing of it is touched. */
  | { readonly kept: PlanRule; readonly says?: string; readonly isDoubtful?: boolean }
  /** Nothing of it is left in its namespace but `stays`; the report says of what is left why (P10). */
  | {
      readonly purged: true;
      readonly stays?: readonly string[];
      readonly left?: Readonly<Record<string, LeftReason>>;
      readonly note?: string;
    }
  /** `stays` is what is left in its namespace; absent: all of it, untouched. */
  | { readonly failed: readonly string[]; readonly record: 'left' | 'gone'; readonly stays?: readonly string[] }
  /** Left alone in the run, by its own code where helm cannot be trusted with it: nothing of it is touched. */
  | { readonly skipped: string; readonly code?: string; readonly stays?: readonly string[] }
  /** No line of the report is about it, and nothing of it is touched. */
  | { readonly unmentioned: true };

/** A case. */
export interface HostileRow {
  /** What it is; its namespace is called so too. */
  readonly name: string;
  /** The rules of DESIGN.md that it is about, and why it ends as it does. */
  readonly why: string;
  /** The release's name, or that by which the report calls it. Default `shop`. */
  readonly release?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whether all of the namespace shares its fate, so that no healthy release lives beside it. Default false. */
  readonly isAlone?: boolean;
  /** Whether it has delete hooks: without a ServiceAccount it is kept. */
  readonly hasDeleteHooks?: boolean;
  /** The purger's rights in the namespace: rules of a Role. Default: all, cluster-wide. */
  readonly rights?: string;
  readonly make: (hands: RowHands) => Promise<void>;
  /** What happens between the plan and the run. */
  readonly meanwhile?: (hands: RowHands) => Promise<void>;
  /** In place of `helm uninstall`: shell, where `helm` is the real one with the arguments of the call in `"$@"`. */
  readonly helm?: (hands: Pick<RowHands, 'namespace' | 'release'>) => string;
  readonly ends: Ending;
  /** `Kind/name` of what is not gone and not the same afterwards, in its namespace. */
  readonly changes?: readonly string[];
  /** Cluster-scoped objects that go with it. */
  readonly goesOutside?: (hands: Pick<RowHands, 'namespace'>) => readonly string[];
}

/** What a row is made with. */
export interface RowHands {
  readonly namespace: string;
  readonly release: string;
  /** A namespace of another team, which has not opted in. In it there is a ConfigMap called as this namespace. */
  readonly elsewhere: string;
  readonly client: KubeClient;
  readonly helm: (...args: readonly string[]) => Promise<string>;
  readonly kubectl: (...args: readonly string[]) => Promise<string>;
  readonly apply: (yaml: string) => Promise<void>;
  /** Writes a record and nothing else. */
  readonly record: (record?: Partial<WrittenRecord>) => Promise<void>;
  /** Writes an object as helm leaves it. */
  readonly place: (object: Manifested) => Promise<void>;
  /** As it is, without helm's marks. */
  readonly placeBare: (object: Manifested) => Promise<void>;
  /** A healthy release of one ConfigMap called as the release, with what is different about its record. */
  readonly shop: (record?: Partial<WrittenRecord>) => Promise<void>;
  /** A release with these objects in place. */
  readonly shopOf: (objects: readonly Manifested[], record?: Partial<WrittenRecord>) => Promise<void>;
  /** Installs a chart of this template with the real helm, as if a day ago. */
  readonly install: (template: string, name?: string) => Promise<void>;
  /** Makes the release's records a day old. */
  readonly age: (name?: string) => Promise<void>;
  /** Called before the namespaces are deleted. */
  readonly atEnd: (undo: () => Promise<unknown>) => void;
}
