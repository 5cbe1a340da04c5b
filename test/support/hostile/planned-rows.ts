// Releases about which the plan decides by their state, their age, their owner, or by what somebody asked for (P3, P4, §2).
import { configMap } from '../written-release.ts';
import type { HostileRow } from './hostile-row.ts';

const hourMs = 3_600_000;
const inDays = (days: number): string => new Date(Date.now() + days * 24 * hourMs).toISOString();

/** States that helm leaves behind. */
const stateRows: readonly HostileRow[] = [
  ...(['pending-install', 'pending-upgrade', 'pending-rollback'] as const).map(
    (status): HostileRow => ({
      name: `${status}-young`,
      why: 'P4: an install may still be at work',
      make: ({ shop }) => shop({ status, ageMs: 11 * 60_000 }),
      ends: { kept: 'young-pending' },
    }),
  ),
  ...(['pending-install', 'pending-upgrade', 'failed', 'superseded', 'unknown'] as const).map(
    (status): HostileRow => ({
      name: `${status}-old`,
      why: 'P4: nobody is at work on it any more',
      make: ({ shop }) => shop({ status, revision: 3 }),
      ends: { purged: true },
    }),
  ),
  {
    name: 'uninstalling',
    why: 'P4, O9: an uninstall that died half-way is finished',
    make: ({ record }) => record({ status: 'uninstalling', objects: [configMap('gone')] }),
    ends: { purged: true },
  },
  {
    name: 'uninstalled',
    why: 'P4: what --keep-history left is history that somebody wanted',
    make: async ({ install, helm, namespace, age }) => {
      await install('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\n');
      await helm('uninstall', 'shop', '-n', namespace, '--keep-history');
      await age();
    },
    ends: { kept: 'uninstalled' },
  },
  {
    name: 'ageless',
    why: 'P4: an unknown age is no reason to delete',
    make: ({ shop }) => shop({ ageMs: null }),
    ends: { kept: 'unknown-age', isDoubtful: true },
  },
  {
    name: 'from-the-future',
    why: 'P4: neither is one that cannot be',
    make: ({ shop }) => shop({ ageMs: -10 * hourMs }),
    ends: { kept: 'unknown-age', isDoubtful: true },
  },
  {
    name: 'young',
    why: 'P4: minAge, since the last revision',
    make: async ({ shop, record }) => {
      await record({ status: 'superseded' });
      await shop({ revision: 2, ageMs: 2 * 60_000 });
    },
    ends: { kept: 'min-age' },
  },
  {
    name: 'excluded',
    why: "P3: the policy's exclude",
    release: 'excluded-db',
    make: ({ shop }) => shop(),
    ends: { kept: 'exclude' },
  },
  {
    name: 'crowd',
    why: 'P4: over the cap of a namespace, that namespace is left out, and no other',
    release: 'shop-0',
    isAlone: true,
    make: async ({ shop }) => {
      for (let index = 0; index < 7; index += 1) await shop({ name: `shop-${index}` });
    },
    ends: { kept: 'namespace-cap', isDoubtful: true },
  },
  {
    name: 'operators-own',
    why: "P3: the operator's own release, wherever it is",
    release: 'bookstore-operator',
    make: ({ shop }) => shop(),
    ends: { kept: 'hard-denial' },
  },
];

/** Releases that somebody would install again. */
const ownedRows: readonly HostileRow[] = [
  {
    name: 'ours',
    why: 'P11: a resource of ours owns it',
    make: ({ shop }) => shop({ labels: { 'helm.velotio.com/owner': 'BookStore.velotio.com' } }),
    ends: { kept: 'owned' },
  },
  {
    name: 'ours-once',
    why: 'O6: the mark on an older record counts too',
    make: async ({ shop, record }) => {
      await record({ status: 'superseded', labels: { 'helm.velotio.com/owner': 'BookStore.velotio.com' } });
      await shop({ revision: 2 });
    },
    ends: { kept: 'owned' },
  },
  {
    name: 'flux-record',
    why: "§2: Flux' marks on the record",
    make: ({ shop }) => shop({ labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } }),
    ends: { kept: 'foreign' },
  },
  {
    name: 'flux-manifest',
    why: "§2: Flux' marks on what it rendered",
    make: ({ shopOf }) => shopOf([configMap('shop', { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } })]),
    ends: { kept: 'foreign' },
  },
  {
    name: 'sdk',
    why: "§2: an operator-sdk operator's owner references",
    make: ({ place, record }) => {
      const ownerReferences = [{ apiVersion: 'example.com/v1', kind: 'Shop', name: 'shop', uid: 'x' }];
      const owned = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shop', ownerReferences } };
      return place(configMap('shop')).then(() => record({ objects: [owned] }));
    },
    ends: { kept: 'foreign' },
  },
];

/** What people write when they want to keep something. */
const optOutRows: readonly HostileRow[] = [
  ...Object.entries({
    'keep-all': { 'purge.velotio.com/keep': 'true' },
    'keep-week': { 'purge.velotio.com/keep-until': inDays(7) },
  }).map(
    ([name, annotations]): HostileRow => ({
      name,
      why: '§2: the namespace says so',
      annotations,
      isAlone: true,
      make: ({ shop }) => shop(),
      ends: { kept: 'keep-namespace' },
    }),
  ),
  ...Object.entries({
    'keep-unread': { 'purge.velotio.com/keep': 'yes please' },
    'keep-someday': { 'purge.velotio.com/keep-until': 'someday' },
    'keep-far': { 'purge.velotio.com/keep-until': inDays(400) },
    'keep-misspelt': { 'purge.velotio.com/Keep': 'true' },
    'keep-guess': { 'purge.velotio.com/keep-forever': 'true' },
  }).map(
    ([name, annotations]): HostileRow => ({
      name,
      why: '§2: what cannot be parsed, or asks for too much, means keep, and is reported',
      annotations,
      isAlone: true,
      make: ({ shop }) => shop(),
      ends: { kept: 'keep-namespace', isDoubtful: true },
    }),
  ),
  {
    name: 'keep-one',
    why: '§2: what purge keep NS/RELEASE writes keeps that one, not its neighbour',
    annotations: { 'keep.purge.velotio.com/shop': inDays(1) },
    make: ({ shop }) => shop(),
    ends: { kept: 'keep-release' },
  },
  {
    name: 'keep-record',
    why: '§2: on any stored record',
    make: async ({ shop, record }) => {
      await record({ status: 'superseded', annotations: { 'purge.velotio.com/keep': 'true' } });
      await shop({ revision: 2 });
    },
    ends: { kept: 'keep-record' },
  },
  {
    name: 'keep-no',
    why: '§2: "false" means no',
    annotations: { 'purge.velotio.com/keep': 'false', 'keep.purge.velotio.com/shop': 'false' },
    make: ({ shop }) => shop({ annotations: { 'purge.velotio.com/keep': 'false' } }),
    ends: { purged: true },
  },
  {
    name: 'keep-over',
    why: '§2: a time that has passed',
    annotations: { 'purge.velotio.com/keep-until': '2026-01-01T00:00:00Z' },
    make: ({ shop }) => shop(),
    ends: { purged: true },
  },
];

/** All of them. */
export const plannedRows: readonly HostileRow[] = [...stateRows, ...ownedRows, ...optOutRows];
