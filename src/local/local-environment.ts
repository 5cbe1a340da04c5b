// What the launcher takes from its surroundings: handed in, because only cli/config.ts reads the environment.
import { join } from 'node:path';
import type { LocalEvent } from './local-event.ts';

/** The surroundings of one launcher. */
export interface LocalEnvironment {
  /** Environment of go, npm, python3, helm and kubectl; their `PATH` is where they are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Usually `~/.cache`. */
  readonly cacheHome: string;
  /** Usually `~/.local/state`. */
  readonly stateHome: string;
  /** A directory with all binaries, named by the user for this program: used as it is, an incomplete one is an error. */
  readonly assetsDir?: string | undefined;
  /** `KUBEBUILDER_ASSETS` of envtest: used where it happens to hold all binaries. */
  readonly envtestAssetsDir?: string | undefined;
  /** The go.mod folders, the kwok stages and the tools' lockfile: the `local-cluster` directory of this package. */
  readonly moduleDir: string;
}

/** What every verb of the launcher needs. */
export interface LocalContext {
  readonly environment: LocalEnvironment;
  /** Ends the work; what was begun is undone before the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Told what happens, for people. */
  readonly report: (event: LocalEvent) => void;
}

/** Where everything that is built or unpacked once is kept. */
export function cacheDirOf(environment: LocalEnvironment): string {
  return join(environment.cacheHome, 'bookstore-operator', 'local-cluster');
}
