// A release as the real helm leaves it, taken once and written many times: two thousand by helm would take half an hour.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { execa } from 'execa';
import type { KubeClient } from '../../src/kube/client.ts';
import type { KubeObject, ObjectInput } from '../../src/kube/objects.ts';
import { CoreResources } from '../../src/kube/resource.ts';
import { decodeRelease, unpackRecord } from '../../src/release/decode.ts';
import { parseManifest } from '../../src/release/manifest.ts';
import { type ReleaseStatus, recordSecretName } from '../../src/release/record.ts';
import type { TestCluster } from '../../test/support/test-context.ts';
import { installed } from '../../test/support/written-release.ts';
import { chartDir, firstSpec, namedFor, placeholder } from '../chart-objects.ts';
import type { ReleaseName } from '../site.ts';

const compress = promisify(gzip);

/** What is the same in all releases, but for the name and the namespace of the placeholder. */
export interface ReleaseTemplate {
  /** As helm applies them, with its marks. */
  readonly objects: readonly ObjectInput[];
  /** The JSON within the record. */
  readonly record: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Installs one release, takes it down as a template, and uninstalls it. */
export async function takeTemplate(
  client: KubeClient,
  context: { readonly cluster: TestCluster; readonly signal: AbortSignal },
): Promise<ReleaseTemplate> {
  const { cluster, signal } = context;
  const { namespace, name } = placeholder;
  const helm = (args: readonly string[], input = '') =>
    execa(cluster.helm, [...args, '-n', namespace], {
      env: { HOME: cluster.testRoot, KUBECONFIG: cluster.kubeconfig },
      input,
      cancelSignal: signal,
    });
  await helm(['install', name, chartDir, '--create-namespace', '-f', '-'], JSON.stringify(firstSpec));
  const secret = await client.get<KubeObject & { readonly data: Readonly<Record<string, string>> }>(
    CoreResources.secrets,
    { namespace, name: recordSecretName(name, 1), signal },
  );
  await helm(['uninstall', name, '--wait']);
  return {
    objects: parseManifest(decodeRelease(secret).manifest).map((object) => installed(object, placeholder)),
    record: unpackRecord(secret).toString('utf8'),
    labels: secret.metadata.labels ?? {},
  };
}

/** The record's Secret of one revision, as helm writes it. */
export async function recordFor(
  template: ReleaseTemplate,
  release: ReleaseName,
  state: { readonly revision: number; readonly status: ReleaseStatus },
): Promise<ObjectInput> {
  const { revision, status } = state;
  const { info, ...rest } = JSON.parse(namedFor(template.record, release)) as { readonly info: object };
  const json = JSON.stringify({ ...rest, info: { ...info, status }, version: revision });
  const text = (await compress(json)).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      namespace: release.namespace,
      name: recordSecretName(release.name, revision),
      labels: { ...template.labels, name: release.name, status, version: String(revision) },
    },
    data: { release: Buffer.from(text).toString('base64') },
  };
}
