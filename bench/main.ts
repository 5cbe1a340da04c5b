// `npm run bench -- NAME [options]`: measures, writes docs/benchmarks/NAME.md, and ends with one JSON line on stdout.
import { UsageError } from './bench-error.ts';
import { benchIdle, idleUsage, parseIdleOptions } from './idle.ts';
import { benchOperator } from './operator/bench-operator.ts';
import { operatorUsage, parseOperatorOptions } from './operator/options.ts';
import { benchPurge } from './purge/bench-purge.ts';
import { parsePurgeOptions, purgeUsage } from './purge/options.ts';

/** What a benchmark is run with. */
interface Context {
  /** Aborts at Ctrl-C: everything that was started is ended. */
  readonly signal: AbortSignal;
  /** Says how far it is, on stderr. */
  readonly say: (text: string) => void;
}

/** Parses its options at once, so that nonsense starts nothing. */
type Command = (args: readonly string[]) => (context: Context) => Promise<object>;

const commands: Readonly<Record<string, Command>> = {
  idle: (args) => {
    const options = parseIdleOptions(args);
    return (context) => benchIdle(options, context);
  },
  operator: (args) => {
    const options = parseOperatorOptions(args, process.env);
    return (context) => benchOperator(options, context);
  },
  purge: (args) => {
    const options = parsePurgeOptions(args, process.env);
    return (context) => benchPurge(options, context);
  },
};

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort(new DOMException('interrupted', 'AbortError')));
}

try {
  const [name = '', ...args] = process.argv.slice(2);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined)
    throw new UsageError(name === '' ? 'no benchmark is named' : `no benchmark is called "${name}"`);
  const result = await command(args)({ signal: interrupted.signal, say });
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  if (error instanceof UsageError) {
    say(
      `bench: ${error.message}\nusage: npm run bench -- ${[idleUsage, operatorUsage, purgeUsage].join('\n       npm run bench -- ')}`,
    );
    process.exitCode = 2;
  } else if (interrupted.signal.aborted) {
    say('bench: interrupted');
    process.exitCode = 130;
  } else {
    say(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exitCode = 1;
  }
}
