// The states of a watched resource (DESIGN.md O4): when each holds, and the one action that follows. Pure data; the table in
// docs/operator.md is made from it.

/** What to do. Exactly one verb; `none` leaves the cluster as it is. */
export type Action =
  | 'none'
  | 'addFinalizer'
  | 'adopt'
  | 'install'
  | 'upgrade'
  | 'rollback'
  | 'unlock'
  | 'remove'
  | 'uninstall'
  | 'sweep'
  | 'removeFinalizer';

/** A state, for the code and for the reader. */
export interface StateRule {
  readonly when: string;
  readonly action: Action;
  /** What the action is, or what is waited for. */
  readonly follows: string;
}

/** In the order of a resource's life. */
export const states = {
  NotSelected: {
    when: "the entry's selector does not match the resource",
    action: 'none',
    follows: 'nothing; a resource that has our finalizer is still deleted properly',
  },
  Suspended: {
    when: 'it is annotated `helm.velotio.com/suspend: "true"`, or `1`, `t`, `T`, `TRUE`, `True`',
    action: 'none',
    follows: 'nothing until the annotation goes; a deletion waits too, and an Event says so',
  },
  Unprotected: {
    when: 'our finalizer is missing, or operator-sdk’s is still there although the release is ours',
    action: 'addFinalizer',
    follows: 'ours is added before anything is installed; the other goes',
  },
  Foreign: {
    when: 'a release of its name exists that is not ours',
    action: 'none',
    follows: 'nothing, ever: neither upgraded nor uninstalled; an Event says whose it is',
  },
  Inherited: {
    when: "the release is proved to be the one that operator-sdk's helm-operator made for this very resource",
    action: 'adopt',
    follows: 'its objects and its record become ours; the next pass upgrades or, in a deletion, uninstalls',
  },
  Blocked: {
    when: 'it cannot be told what to deploy (a source of values is missing, an annotation cannot be read, `spec` is no map), its name is longer than Helm allows, or its namespace is being deleted',
    action: 'none',
    follows: 'nothing until that changes; the condition names it',
  },
  Locked: {
    when: 'the release is `pending-*` or `uninstalling`, and its helm may be at work',
    action: 'none',
    follows:
      "it is left alone until that helm ends, or is proved dead: its operator's process has ended, or its time limit and a minute have passed; `force-requested-at` declares a helm dead that we did not start",
  },
  Abandoned: {
    when: 'the release is locked, and its helm is proved dead',
    action: 'unlock',
    follows:
      'back to the last good revision; where there is none the record is marked as failed; an uninstall that was cut short is done again',
  },
  Absent: { when: 'there is no release', action: 'install', follows: '`helm install`' },
  OutOfDate: {
    when: 'values or chart differ from what the deployed revision was made from',
    action: 'upgrade',
    follows: '`helm upgrade --install`',
  },
  Forced: {
    when: '`helm.velotio.com/force-requested-at` has a new text',
    action: 'upgrade',
    follows: '`helm upgrade --install`, although nothing changed',
  },
  ChangedOutside: {
    when: "somebody else's helm made the latest revision, and drift is to be repaired",
    action: 'upgrade',
    follows: 'it is put right',
  },
  ChangeReported: {
    when: "somebody else's helm made the latest revision, and drift is only to be reported",
    action: 'none',
    follows: 'nothing until the resource itself asks for something else; the condition `Drifted` says so',
  },
  Failed: {
    when: 'the latest revision failed, and a try is due',
    action: 'upgrade',
    follows: '`helm upgrade --install`',
  },
  Broken: {
    when: 'an upgrade failed, or its workloads were not ready within `readyTimeout`, and `remediation.upgrade` is `rollback`',
    action: 'rollback',
    follows: 'back to the last revision that was ready; the upgrade is tried again when the backoff is over',
  },
  NeverDeployed: {
    when: 'the first install failed, tries are left, and `remediation.install` is `uninstall`',
    action: 'remove',
    follows: 'what it left is uninstalled before the next try; a release that was ever deployed is never removed so',
  },
  Backoff: {
    when: 'the last try failed, and the next is not due yet',
    action: 'none',
    follows: 'the next try is made after 5 s, doubling to 5 min',
  },
  Exhausted: {
    when: 'no tries are left, or trying again cannot help',
    action: 'none',
    follows: '`Stalled` until values or chart change, or `force-requested-at` does',
  },
  Progressing: {
    when: 'deployed as desired, and workloads are not ready',
    action: 'none',
    follows: 'the workloads are watched',
  },
  InSync: { when: 'deployed as desired, and every workload is ready', action: 'none', follows: 'nothing' },
  Deleting: {
    when: 'the resource is being deleted, and its release is there',
    action: 'uninstall',
    follows: 'the release is uninstalled; neither chart nor values are needed',
  },
  Orphaned: {
    when: 'it is being deleted, and its release cannot be uninstalled by its record: the record is gone, its namespace is going, or after a failed uninstall `force-requested-at` asks to do without',
    action: 'sweep',
    follows:
      "what the inventory in its status lists is deleted, each object by its uid, without hooks, and so are cluster-scoped objects of the chart's kinds that carry the release's marks",
  },
  Lingering: {
    when: 'the release is uninstalled, and `uninstall-wait` asks to wait for its objects',
    action: 'none',
    follows: 'the finalizer stays until they are gone',
  },
  Released: {
    when: 'it is being deleted, and nothing of ours is left, or the release is not ours',
    action: 'removeFinalizer',
    follows: 'our finalizer goes',
  },
  Gone: { when: 'it is being deleted, and our finalizer is gone', action: 'none', follows: 'others hold it' },
} as const satisfies Readonly<Record<string, StateRule>>;

/** One of {@link states}. */
export type State = keyof typeof states;
