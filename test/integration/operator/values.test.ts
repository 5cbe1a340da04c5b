// Values out of Secrets and ConfigMaps, at work: what is deployed, what the status says, and how little helm is called.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CoreResources } from '../../../src/kube/resource.ts';
import { condition, eventually } from '../../support/operator-run.ts';
import { ValuesShop } from '../../support/values-shop.ts';

describe('values from Secrets and ConfigMaps', () => {
  let shop: ValuesShop;

  beforeAll(async () => {
    shop = await ValuesShop.open('op-values-sources', {
      entry: {
        valuesFrom: [
          { kind: 'ConfigMap', name: 'everyone', valuesKey: 'values.yaml', optional: true },
          { kind: 'Secret', name: 'user', valuesKey: 'name', optional: true, targetPath: 'podAnnotations.user' },
        ],
        allowValuesFromAnnotation: true,
        overrideTree: { podAnnotations: { decided: 'by-the-operator' } },
        overrideValues: [{ path: 'podAnnotations.decided', value: 'by-the-operator', isFromEnvironment: false }],
      },
    });
  });
  afterAll(() => shop.close());

  test('a change of a source rolls out, in the releases that refer to it and in no other', async () => {
    await shop.put('secret/one', { 'values.yaml': 'replicaCount: 2' });
    await shop.create('changing', 'Secret/one/values.yaml');
    await shop.create('other', '');
    await shop.revision('changing', 1);
    await shop.revision('other', 1);
    expect(await shop.replicas('changing')).toBe('2');
    await shop.put('secret/one', { 'values.yaml': 'replicaCount: 3' });
    await shop.revision('changing', 2);
    expect(await shop.replicas('changing')).toBe('3');
    expect(shop.calls('other')).toBe(1);
  });

  test('a change that leaves the values as they are starts no helm', async () => {
    const before = shop.calls('changing');
    await shop.put('secret/one', { 'values.yaml': '# the same\nreplicaCount: 0x3', more: 'x' });
    await shop.pass('changing');
    await shop.put('secret/one', { 'values.yaml': 'replicaCount: 1' }); // what comes after is seen after
    await shop.revision('changing', 3);
    expect(shop.calls('changing')).toBe(before + 1);
  });

  test('sources of the watch entry are for all: they come, change and go', async () => {
    await shop.create('everywhere', '');
    await shop.revision('everywhere', 1);
    await shop.put('configmap/everyone', { 'values.yaml': 'podAnnotations: {shared: "yes"}' });
    await shop.revision('everywhere', 2);
    await shop.revision('other', 2);
    expect(await shop.podAnnotation('everywhere', 'shared')).toBe('yes');
    await shop.put('secret/user', { name: '007\n- no: {yaml' });
    await shop.revision('everywhere', 3);
    expect(await shop.podAnnotation('everywhere', 'user')).toBe('007\n- no: {yaml');
    await shop.remove('configmap/everyone');
    await shop.remove('secret/user');
    await eventually('both are gone again', async () => (await shop.podAnnotation('everywhere', 'user')) === '');
    expect(await shop.podAnnotation('everywhere', 'shared')).toBe('');
  });

  test('layers win in their order: entry, annotation, a later one in it, spec, overrides', async () => {
    const all = 'a: {v}, b: {v}, c: {v}, d: {v}, decided: {v}';
    const layer = (text: string) => `podAnnotations: {${all.replaceAll('{v}', text)}}`;
    await shop.put('configmap/everyone', { 'values.yaml': layer('entry') });
    await shop.put('secret/first', { k: layer('first').replace('a: first, ', '') });
    await shop.put('configmap/second', { k: layer('second').replace('a: second, b: second, ', '') });
    await shop.create('layered', 'Secret/first/k,ConfigMap/second/k', {
      podAnnotations: { d: 'spec', decided: 'spec' },
    });
    await shop.revision('layered', 1);
    const found = await Promise.all(['a', 'b', 'c', 'd', 'decided'].map((key) => shop.podAnnotation('layered', key)));
    expect(found).toEqual(['entry', 'first', 'second', 'spec', 'by-the-operator']);
    await shop.remove('configmap/everyone');
  });

  test('a source that is missing is named; that it comes is noticed at once, not at the next poll', async () => {
    await shop.create('waiting', 'Secret/late/k');
    const message = await shop.message('waiting', 'ValuesSourceFailed');
    expect(message).toContain(`Secret ${shop.namespace}/late does not exist`);
    expect(condition((await shop.operator.get('waiting'))?.status, 'Stalled')).toBeUndefined();
    expect(shop.calls('waiting')).toBe(0);
    await shop.put('secret/late', { wrong: 'replicaCount: 2' });
    await eventually('the key is named', async () =>
      (await shop.message('waiting', 'ValuesSourceFailed')).includes(`Secret ${shop.namespace}/late has no key "k"`),
    );
    const fromMs = performance.now();
    await shop.put('secret/late', { k: 'replicaCount: 2' });
    await eventually('helm is called', () => Promise.resolve(shop.calls('waiting') === 1));
    expect(performance.now() - fromMs).toBeLessThan(5_000); // what is blocked is looked at every 10 s
    await shop.revision('waiting', 1);
    expect(await shop.replicas('waiting')).toBe('2');
  });

  test.each([
    ['text', 'hunter2'],
    ['a list', '[hunter2]'],
    ['no YAML', 'hunter2: {'],
  ])('a source with %s in it is named, its content is shown nowhere, and a correction heals it', async (what, text) => {
    const name = `bad-${what.replaceAll(' ', '-').toLowerCase()}`;
    await shop.put(`configmap/${name}`, { k: text });
    await shop.create(name, `ConfigMap/${name}/k`);
    const said = `ConfigMap ${shop.namespace}/${name} key "k" is not a YAML map of values`;
    await eventually('an Event says so', async () =>
      (await shop.kubectl('get', 'events', '--field-selector', `involvedObject.name=${name}`)).includes(said),
    );
    expect(await shop.message(name, 'ValuesSourceFailed')).toContain(
      `ConfigMap ${shop.namespace}/${name} key "k" is not a YAML map of values`,
    );
    expect(JSON.stringify((await shop.operator.get(name))?.status)).not.toContain('hunter2');
    expect(shop.operator.log.join('\n')).not.toContain('hunter2');
    expect(shop.calls(name)).toBe(0);
    await shop.put(`configmap/${name}`, { k: 'replicaCount: 1' });
    await shop.operator.ready(name);
  });

  test('a source with more text than one may have is named, and holds nothing up', async () => {
    await shop.put('configmap/big', { k: `x: [${'a,'.repeat(400_000)}a]` });
    await shop.create('big', 'ConfigMap/big/k');
    expect(await shop.message('big', 'ValuesSourceFailed')).toContain(
      `ConfigMap ${shop.namespace}/big key "k" has 800006 characters: one source may have 262144`,
    );
  });

  test.each([
    ['schema', 'service: {app: {port: 707172}}', '707172'],
    ['server', 'nodeSelector: {zone: hunter22 Serv3r!}', 'hunter22 Serv3r!'],
  ])('what the %s refuses out of a Secret is told nowhere', async (who, text, secret) => {
    const name = `told-by-${who}`;
    await shop.put(`secret/${name}`, { k: text });
    await shop.create(name, `Secret/${name}/k`);
    const failed = await eventually(`${name} has failed`, async () => {
      const resource = await shop.operator.get(name);
      return condition(resource?.status, 'Deployed')?.status === 'False' && resource;
    });
    expect(condition(failed.status, 'Deployed')?.message).toContain('***');
    expect(JSON.stringify(failed)).not.toContain(secret);
    expect(JSON.stringify(failed)).not.toContain('707,172');
    const events = await eventually('its Event is written', async () => {
      const said = await shop.kubectl('get', 'events', '-o', 'json');
      return said.includes(`"name": "${name}"`) && said;
    });
    expect(events).not.toContain(secret);
    expect(shop.operator.log.join('\n')).not.toContain(secret);
    await shop.kubectl('delete', 'bs', name, '--wait=false');
  });

  test('a wrong value out of a Secret: every layer is named that it may stand in, and a new Secret is tried at once', async () => {
    await shop.put('secret/wrong', { k: 'replicaCount: two' });
    await shop.create('wrong', 'Secret/wrong/k', { podAnnotations: { a: 'b' } });
    const message = await shop.message('wrong', 'InvalidValues');
    const layers = `Secret ${shop.namespace}/wrong (by annotation), then spec, then overrideValues of watches.yaml (podAnnotations.decided)`;
    expect(message).toContain(`Its values come from ${layers}; each beats the one before.`);
    expect(message).toContain('It is tried again when one of them changes (watches.yaml is read at the');
    expect(condition((await shop.operator.get('wrong'))?.status, 'Stalled')).toMatchObject({ status: 'True' });
    await shop.put('secret/wrong', { k: 'replicaCount: 2' });
    await shop.revision('wrong', 1);
    expect(await shop.replicas('wrong')).toBe('2');
  });

  test('a Secret with bytes that are no text is named', async () => {
    const metadata = { name: 'binary', namespace: shop.namespace };
    const data = { k: Buffer.from([0xff, 0xfe, 0x00]).toString('base64') };
    const object = { apiVersion: 'v1', kind: 'Secret', metadata, data };
    await shop.operator.client.create(CoreResources.secrets, object, { fieldManager: 'test' });
    await shop.create('binary', 'Secret/binary/k');
    expect(await shop.message('binary', 'ValuesSourceFailed')).toContain(
      `Secret ${shop.namespace}/binary key "k" is not text in UTF-8`,
    );
  });

  test('a release whose source is lost stays as it is, and the resource says so until the source is back', async () => {
    await shop.put('secret/lost', { k: 'replicaCount: 2' });
    await shop.create('deployed', 'Secret/lost/k');
    await shop.revision('deployed', 1);
    const before = await shop.kubectl(
      'get',
      'deployment',
      'deployed-bookstore',
      '-o',
      'jsonpath={.metadata.generation}',
    );
    await shop.remove('secret/lost');
    expect(await shop.message('deployed', 'ValuesSourceFailed')).toContain('lost does not exist');
    const { status } = await shop.operator.reason('deployed', 'ValuesSourceFailed');
    expect(condition(status, 'Ready')?.status).toBe('False');
    expect(condition(status, 'Deployed')?.status).toBe('True');
    expect(status?.release?.revision).toBe(1);
    await shop.put('secret/lost', { k: 'replicaCount: 2' });
    await shop.revision('deployed', 1);
    expect(shop.calls('deployed')).toBe(1);
    const path = ['get', 'deployment', 'deployed-bookstore', '-o', 'jsonpath={.metadata.generation}'];
    expect(await shop.kubectl(...path)).toBe(before);
  });

  test('an annotation that is no list of references is told back; it stops no deletion, and a correction heals it', async () => {
    await shop.create('misspelt', 'secret/one/values.yaml');
    const message = await shop.message('misspelt', 'InvalidAnnotation');
    expect(message).toContain('helm.velotio.com/values-from');
    expect(message).toContain('found "secret/one/values.yaml"');
    expect(message).toContain('expected Secret/name/key');
    expect(shop.calls('misspelt')).toBe(0);
    await shop.annotate('misspelt', 'Secret/one/values.yaml');
    await shop.operator.ready('misspelt');
    await shop.annotate('misspelt', 'Secret/../x');
    const { status } = await shop.operator.reason('misspelt', 'InvalidAnnotation');
    expect(status?.release?.revision).toBe(1);
    await shop.operator.client.delete(shop.operator.bookStores, { namespace: shop.namespace, name: 'misspelt' });
    await eventually('it is gone', async () => (await shop.operator.get('misspelt')) === undefined);
    expect(await shop.kubectl('get', 'deployments', '-o', 'name')).not.toContain('misspelt');
  });
});
