// What the launcher of the local cluster gets from the program's configuration.
import { join } from 'node:path';
import type { LocalContext, LocalEnvironment } from '../local/local-environment.ts';
import type { LocalEvent } from '../local/local-event.ts';
import type { CommandIo } from './command.ts';
import type { Config } from './config.ts';
import { packageRoot } from './package-root.ts';

/** The launcher's surroundings. */
export function localEnvironment(config: Config): LocalEnvironment {
  const named = (name: string) => (config.env[name] === '' ? undefined : config.env[name]);
  return {
    env: config.env,
    cacheHome: config.cacheHome,
    stateHome: config.stateHome,
    moduleDir: join(packageRoot, 'local-cluster'),
    assetsDir: named('BOOKSTORE_OPERATOR_LOCAL_ASSETS'),
    envtestAssetsDir: named('KUBEBUILDER_ASSETS'),
  };
}

/** A context that tells `report` what happens and ends with the command. */
export function localContext(io: CommandIo, report: (event: LocalEvent) => void): LocalContext {
  return { environment: localEnvironment(io.config), signal: io.signal, report };
}
