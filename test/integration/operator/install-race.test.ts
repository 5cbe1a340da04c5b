// A release that comes to be in the very moment in which ours is installed stays what it is: nobody's is taken over (DESIGN.md O6).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { condition, kubectl, type OperatorRun, startOperator } from '../../support/operator-run.ts';
import { ReleaseLab } from '../../support/release-lab.ts';
import { createShims, type Shims } from '../../support/shims.ts';
import { testCluster } from '../../support/test-context.ts';
import { greetingOf, helmHistory, makeNamespace, Whims } from '../../support/whim-world.ts';
import { installWhims } from '../../support/whims.ts';

const namespace = 'op-install-race';
let operator: OperatorRun;
let whims: Whims;
let lab: ReleaseLab;
let shims: Shims;

beforeAll(async () => {
  await makeNamespace(namespace);
  const kind = await installWhims('RacingWhim', { namespace });
  lab = await ReleaseLab.open();
  shims = await createShims();
  const theirs = await lab.chart(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}-theirs"}\ndata: {greeting: theirs}\n',
  );
  const { helm, kubeconfig } = testCluster();
  // somebody's install is over just when ours begins
  const helmBinary = await shims.add(
    'helm',
    `case "$*" in
*" raced "*) [ -e $DIR/raced ] || { touch $DIR/raced; ${helm} install raced ${theirs} -n ${namespace} --kubeconfig ${kubeconfig} >&2; } ;;
esac
exec ${helm} "$@"`,
  );
  operator = await startOperator({ namespace, entries: [await kind.entry()], helmBinary });
  whims = new Whims(kind, { ...operator, namespace });
});

afterAll(async () => {
  await operator.stop();
  await shims.remove();
  await lab.kubectl('delete', 'namespace', namespace, '--wait=false');
  await lab[Symbol.asyncDispose]();
});

describe('a release that somebody installs while ours is on its way', () => {
  test('is theirs: it is neither upgraded nor uninstalled, and no try is spent', async () => {
    await whims.create('raced');
    const foreign = await whims.reason('raced', 'ForeignRelease');
    expect(condition(foreign.status, 'Stalled')).toMatchObject({ status: 'True' });
    expect(foreign.status?.failures).toBeUndefined();
    await whims.delete('raced');
    await whims.gone('raced');
    expect(await helmHistory(namespace, 'raced')).toEqual(['1 deployed']);
    expect(await greetingOf(namespace, 'raced-theirs')).toBe('theirs');
    expect(await greetingOf(namespace, 'raced')).toBeUndefined();
  });

  test('a Secret that stands in the place of the record and is none is a failure that is told, and tried ever less often', async () => {
    const name = 'sh.helm.release.v1.blocked.v1';
    await kubectl('create', 'secret', 'generic', name, '-n', namespace);
    await whims.create('blocked');
    const failed = await whims.reason('blocked', 'InstallFailed');
    expect(condition(failed.status, 'Ready')?.message).toContain('release: already exists');
    expect(whims.verbs('blocked').length).toBeLessThan(3);
    await operator.client.delete(CoreResources.secrets, { namespace, name });
    await whims.ready('blocked', 1);
  });
});
