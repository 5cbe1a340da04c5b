// `bookstore-operator purge plan --explain NS/RELEASE`: why one release goes or stays; nothing is changed.
import { systemClock } from '../lib/clock.ts';
import { explainRelease } from '../purge/plan/explain.ts';
import type { CommandIo } from './command.ts';
import { ExitCode } from './exit-code.ts';
import { type OutputFormat, oneLine, writeOutput } from './output.ts';
import { answer, explanationText } from './purge-explain-text.ts';
import type { PurgeSession } from './purge-session.ts';

/** Explains and prints. Exit code 2 where there is no such release: what is meant may be called otherwise. @throws ApiError */
export async function runPurgeExplain(
  session: PurgeSession,
  options: {
    readonly explain: { readonly namespace: string; readonly name: string };
    readonly output: OutputFormat;
    readonly namespace?: readonly string[];
  },
  io: CommandIo,
): Promise<ExitCode> {
  const explanation = await explainRelease({ ...session, clock: systemClock }, options.explain, {
    signal: io.signal,
    ...(options.namespace === undefined ? {} : { namespaces: options.namespace }),
  });
  const { policy, context, server } = explanation;
  io.stderr.write(`${oneLine(`policy ${policy}, context ${context}, server ${server}`)}\n`);
  writeOutput(io.stdout, options.output, { data: explanation, table: () => explanationText(explanation) });
  if (explanation.release !== undefined) return ExitCode.done;
  io.stderr.write(`error: ${oneLine(answer(explanation))}\n`);
  return ExitCode.usage;
}
