// A watched kind whose CustomResourceDefinition is made anew in another way.
import { expect, test } from 'vitest';
import { kubectl } from '../../support/operator-run.ts';
import { startWhims, Whims } from '../../support/whim-world.ts';
import { installWhims } from '../../support/whims.ts';

const namespace = 'op-kind-changed';

test('a kind that comes back with another plural is followed anew; what was there went with the old one', async () => {
  const world = await startWhims({ namespace, kinds: { MovingWhim: {} } });
  try {
    const { MovingWhim: before } = world.whims;
    await before.create('first');
    await before.ready('first', 1);
    await kubectl('delete', 'crd', 'movingwhims.test.velotio.com', '--timeout=60s');
    expect(await kubectl('-n', namespace, 'get', 'deploy,cm,secret', '-l', 'app.kubernetes.io/instance=first')).toBe(
      '',
    );

    const moved = await installWhims('MovingWhim', { namespace, plural: 'movedwhims' });
    const after = new Whims(moved, { ...world.operator, namespace });
    await after.create('second');
    await after.ready('second', 1);
    await after.delete('second');
    await after.gone('second');
    const notices = world.operator.log.filter((line) => line.includes('kind is served in another way now'));
    expect(notices).toHaveLength(1);
  } finally {
    await world.stop();
    await kubectl('delete', 'crd', 'movedwhims.test.velotio.com', '--ignore-not-found', '--wait=false');
  }
});
