// An object's status as the rules of readiness read it, and the verdict they come to. Pure.

/** An object as far as readiness reads it. What a custom resource has in there may be of any type. */
export interface StatusObject {
  readonly metadata: {
    readonly name: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** The verdict on one object. */
export interface Readiness {
  /** `failed` will not become ready by waiting. */
  readonly state: 'ready' | 'progressing' | 'failed';
  /** Why not, for people; empty when ready. */
  readonly message: string;
}

/** A condition, with its texts as text. */
export interface StatusCondition {
  readonly status: unknown;
  /** The message, else the reason, else nothing. */
  readonly text: string;
  readonly reason: string;
}

/** It does what it is there for. */
export const ready: Readiness = { state: 'ready', message: '' };

/** It may still become ready. */
export const progressing = (message: string): Readiness => ({ state: 'progressing', message });

/** It will not become ready by waiting. */
export const failed = (message: string): Readiness => ({ state: 'failed', message });

/** The condition of a type. */
export function condition(object: StatusObject, type: string): StatusCondition | undefined {
  const conditions = object.status?.conditions;
  if (!Array.isArray(conditions)) return undefined;
  const found = conditions.map(record).find((each) => each.type === type);
  if (found === undefined) return undefined;
  const reason = text(found.reason);
  return { status: found.status, reason, text: text(found.message) || reason };
}

/** Whether the condition of a type is `True`. */
export function isTrue(object: StatusObject, type: string): boolean {
  return condition(object, type)?.status === 'True';
}

/** A number, or what stands for its absence. */
export function count(value: unknown, absent: number): number {
  return typeof value === 'number' ? value : absent;
}

/** A text, or the empty one. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A map, or the empty one. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
