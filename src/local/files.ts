// What the launcher asks of the file system in more than one place.
import { constants } from 'node:fs';
import { access, rm } from 'node:fs/promises';

/** True where something is at `path`. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** True where `path` may be executed. */
export function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Removes directories with all that is in them; one that is not there is fine. */
export async function removeDirs(...paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })));
}
