// The npm that called us, or the one on PATH, installing exactly what a lockfile says.
import { run } from './process.mjs';
import { SetupError } from './setup-error.mjs';

/** Installs the lockfile of `cwd`, development and platform packages included, without running install scripts. */
export async function installLocked({ cwd, what, signals }) {
  const flags = ['ci', '--ignore-scripts', '--include=dev', '--include=optional', '--engine-strict=false'];
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const [file, ...prefix] = npmCommand(process.env);
  // npm's own talk goes to stderr: stdout belongs to the command that follows.
  const { code, error } = await run(file, [...prefix, ...flags, ...quiet], {
    cwd,
    env: cleanEnvironment(process.env),
    stdio: ['ignore', 2, 2],
    signals,
  });
  if (signals.received !== undefined) throw new SetupError(`interrupted while installing ${what}`, { exitCode: 130 });
  if (error !== undefined) {
    throw new SetupError(`npm could not be started (${error.message}): put npm on PATH and try again`, {
      cause: error,
    });
  }
  if (code !== 0) {
    throw new SetupError(`installing ${what} failed (npm ci in ${cwd}, exit code ${code}): see its message above`);
  }
}

function npmCommand(env) {
  const cli = env.npm_execpath;
  return cli !== undefined && /npm-cli\.[cm]?js$/.test(cli) ? [process.execPath, cli] : ['npm'];
}

/** npm tells its scripts which package they belong to; an npm below must not take that for its own. */
function cleanEnvironment(env) {
  const ours = /^npm_(package|lifecycle|command)|^npm_config_local_prefix$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}
