// When an annotation was last set, as far as the API server tells: it notes the time for each of an object's managers.
import { KEEP_RELEASE_PREFIX, PURGE_PREFIX, PurgeAnnotation } from '../api/v1alpha1/annotations.ts';
import type { ObjectMeta } from '../kube/objects.ts';

/** Annotations with the time of each that has to do with the purge. */
export interface Annotated {
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; without those of which nobody knows. Absent: of none. */
  readonly annotationTimes?: Readonly<Record<string, number>>;
  /** Labels with the key of an opt-out, which is an annotation, and a value other than `false`. Absent: none. */
  readonly keepLabels?: readonly string[];
}

/** Whether an annotation is the purge's, or is meant to be: Kubernetes allows upper case in the prefix too. */
export function isPurgeAnnotation(key: string): boolean {
  const folded = key.toLowerCase();
  return folded.startsWith(PURGE_PREFIX) || folded.startsWith(KEEP_RELEASE_PREFIX);
}

/**
 * The annotations of an object. The time is that of the newest manager that owns the annotation: it may have set another
 * one later, so the annotation is at least as old.
 */
export function annotatedOf(meta: Pick<ObjectMeta, 'annotations' | 'labels' | 'managedFields'>): Annotated {
  const annotations = meta.annotations ?? {};
  const keepLabels = Object.entries(meta.labels ?? {}).flatMap(([key, value]) =>
    isKeepKey(key) && value !== 'false' ? [key] : [],
  );
  const annotated = keepLabels.length === 0 ? { annotations } : { annotations, keepLabels };
  const keys = Object.keys(annotations).filter(isPurgeAnnotation);
  if (keys.length === 0) return annotated;
  const annotationTimes: Record<string, number> = {};
  for (const { time, fieldsV1 } of meta.managedFields ?? []) {
    const timeMs = Date.parse(time ?? '');
    const owned = field(field(fieldsV1, 'f:metadata'), 'f:annotations');
    if (Number.isNaN(timeMs)) continue;
    for (const key of keys) {
      if (field(owned, `f:${key}`) === undefined) continue;
      annotationTimes[key] = Math.max(timeMs, annotationTimes[key] ?? Number.NEGATIVE_INFINITY);
    }
  }
  return { ...annotated, annotationTimes };
}

function isKeepKey(key: string): boolean {
  return key === PurgeAnnotation.keep || key === PurgeAnnotation.keepUntil || key.startsWith(KEEP_RELEASE_PREFIX);
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
