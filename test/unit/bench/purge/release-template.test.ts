// A record written for many releases is read as each of them.
import { expect, test } from 'vitest';
import { placeholder } from '../../../../bench/chart-objects.ts';
import { recordFor } from '../../../../bench/purge/release-template.ts';
import type { ObjectMeta } from '../../../../src/kube/objects.ts';
import { decodeRelease, unpackRecord } from '../../../../src/release/decode.ts';
import { isRecord, parseRecord } from '../../../../src/release/record.ts';
import { configMap, recordOf } from '../../../support/written-release.ts';

type Written = { readonly metadata: ObjectMeta; readonly data?: Readonly<Record<string, string>> };

test('a revision of any release, from the record of the placeholder', async () => {
  const taken = recordOf({ ...placeholder, objects: [configMap(`${placeholder.name}-settings`)] });
  const template = {
    objects: [],
    record: unpackRecord(taken as unknown as Written).toString('utf8'),
    labels: { ...taken.metadata.labels, chartOwner: 'somebody' },
  };
  const release = { namespace: 'team-7', name: 'shop-70' };
  const secret = (await recordFor(template, release, { revision: 3, status: 'superseded' })) as unknown as Written;
  const decoded = decodeRelease(secret);
  expect(decoded).toMatchObject({ ...release, revision: 3, status: 'superseded', chart: { name: 'written' } });
  expect(decoded.manifest).toContain('name: shop-70-settings');
  const outside = parseRecord({ ...secret.metadata, uid: 'u', resourceVersion: '1' });
  expect(isRecord(outside) && outside).toMatchObject({
    ...release,
    revision: 3,
    status: 'superseded',
    secretName: 'sh.helm.release.v1.shop-70.v3',
    createdAtMs: expect.any(Number),
  });
  expect(secret.metadata.labels).toMatchObject({ chartOwner: 'somebody' });
});
