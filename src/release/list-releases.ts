// The releases of a namespace, from the metadata of their records: one listing in pages, no body is read.
import type { KubeClient } from '../kube/client.ts';
import type { ObjectMeta } from '../kube/objects.ts';
import { CoreResources } from '../kube/resource.ts';
import { isPurgeAnnotation } from './annotation-times.ts';
import { groupReleases, type ReleaseListing } from './group-releases.ts';
import { recordLabelSelector } from './record.ts';

/** Which records. */
export interface ListReleasesOptions {
  readonly namespace: string;
  /** One release alone, by the label that helm itself reads. Default all. */
  readonly name?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Lists. @throws ApiError: a listing that failed never looks like an empty one */
export async function listReleases(client: KubeClient, options: ListReleasesOptions): Promise<ReleaseListing> {
  const metas: ObjectMeta[] = [];
  const pages = client.pages(CoreResources.secrets, {
    namespace: options.namespace,
    labelSelector: options.name === undefined ? recordLabelSelector : `${recordLabelSelector},name=${options.name}`,
    isMetadataOnly: true,
    signal: options.signal,
  });
  for await (const page of pages) for (const { metadata } of page.items) metas.push(withoutManagedFields(metadata));
  return groupReleases(metas);
}

/** They are most of a record's metadata, and read only for the time of an opt-out. */
function withoutManagedFields(meta: ObjectMeta): ObjectMeta {
  if (meta.managedFields === undefined || Object.keys(meta.annotations ?? {}).some(isPurgeAnnotation)) return meta;
  const { managedFields: _managedFields, ...rest } = meta;
  return rest;
}
