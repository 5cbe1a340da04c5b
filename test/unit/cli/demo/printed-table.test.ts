// Tables as kubectl, helm and our own commands print them, read back.
import { expect, test } from 'vitest';
import { readTables } from '../../../../src/cli/demo/printed-table.ts';

test('the tables of kubectl are read one after the other', () => {
  const output = `NAME                   READY   UP-TO-DATE   AGE
deployment.apps/shop   1/1     1            1s

NAME           TYPE        EXTERNAL-IP   PORT(S)
service/shop   ClusterIP   <none>        80/TCP`;
  expect(readTables(output)).toEqual([
    { NAME: 'deployment.apps/shop', READY: '1/1', 'UP-TO-DATE': '1', AGE: '1s' },
    { NAME: 'service/shop', TYPE: 'ClusterIP', 'EXTERNAL-IP': '<none>', 'PORT(S)': '80/TCP' },
  ]);
});

test("helm's columns are separated by tabs", () => {
  const output =
    'NAME\tNAMESPACE\tREVISION\tUPDATED                                \tSTATUS  \nshop\tdev-bob  \t1       \t2026-11-22 03:54:02.8 +0000 UTC\tdeployed';
  expect(readTables(output)).toEqual([
    {
      NAME: 'shop',
      NAMESPACE: 'dev-bob',
      REVISION: '1',
      UPDATED: '2026-11-22 03:54:02.8 +0000 UTC',
      STATUS: 'deployed',
    },
  ]);
});

test('what stands around a table is no row of it, and a table without rows has none', () => {
  const output = `policy demo, context x
NAMESPACE   RELEASE   ACTION   REASON
dev-bob     shop      purge    nothing keeps it
1 purged, 0 failed; 0.5s with 8 at once (helm)
NAME\tNAMESPACE`;
  expect(readTables(output)).toEqual([
    { NAMESPACE: 'dev-bob', RELEASE: 'shop', ACTION: 'purge', REASON: 'nothing keeps it' },
  ]);
});
