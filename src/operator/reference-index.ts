// Who refers to which source of values, both ways round. Pure.

/** A key of a source's data. */
export interface DataReference {
  /** What it is called among all sources. */
  readonly source: string;
  readonly dataKey: string;
}

/** References of users to sources. A user is an object: it is itself, whatever is in it. */
export class ReferenceIndex<User extends object> {
  readonly #byUser = new Map<User, readonly DataReference[]>();
  readonly #bySource = new Map<string, Set<User>>();

  /** From now on these are the user's references, and no others. Gives back the sources that nobody refers to any more. */
  replace(user: User, references: readonly DataReference[]): readonly string[] {
    const before = this.#byUser.get(user) ?? [];
    if (references.length === 0) this.#byUser.delete(user);
    else this.#byUser.set(user, references);
    for (const { source } of references) {
      const users = this.#bySource.get(source);
      if (users === undefined) this.#bySource.set(source, new Set([user]));
      else users.add(user);
    }
    const kept = new Set(references.map(({ source }) => source));
    const left = new Set(before.map(({ source }) => source).filter((source) => !kept.has(source)));
    return [...left].filter((source) => this.#leave(source, user));
  }

  /** Those who refer to a source. */
  usersOf(source: string): readonly User[] {
    return [...(this.#bySource.get(source) ?? [])];
  }

  /** The keys of a source's data that anybody refers to. */
  dataKeysOf(source: string): ReadonlySet<string> {
    const references = this.usersOf(source).flatMap((user) => this.#byUser.get(user) ?? []);
    return new Set(references.filter((each) => each.source === source).map(({ dataKey }) => dataKey));
  }

  /** True where the source has lost its last user. */
  #leave(source: string, user: User): boolean {
    const users = this.#bySource.get(source);
    users?.delete(user);
    if (users?.size !== 0) return false;
    this.#bySource.delete(source);
    return true;
  }
}
