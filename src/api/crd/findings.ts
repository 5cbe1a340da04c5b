// What the CRD generator has to say about a schema: collected on the way, so that everything is reported at once.

/** Something at a place in a values.schema.json. */
export interface Finding {
  /** JSON path, such as `$.properties.image.properties.tag`. */
  readonly path: string;
  readonly message: string;
}

/** Collects {@link Finding}s. */
export class Findings {
  /** What a structural schema cannot say: each of them makes the generator fail. */
  readonly problems: Finding[] = [];
  /** What is deliberately left to helm, and why. */
  readonly notes: Finding[] = [];

  problem(path: string, message: string): void {
    this.problems.push({ path, message });
  }

  note(path: string, message: string): void {
    this.notes.push({ path, message });
  }
}

/** The path one step further down. */
export function childPath(path: string, segment: string | number): string {
  if (typeof segment === 'number') return `${path}[${segment}]`;
  return /^[A-Za-z_$][\w$-]*$/.test(segment) ? `${path}.${segment}` : `${path}[${JSON.stringify(segment)}]`;
}

/** Whether something is a JSON object. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
