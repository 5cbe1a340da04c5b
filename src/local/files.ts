// Questions to the file system that the launcher asks in more than one place.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

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
