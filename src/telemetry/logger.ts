// Logs: a constant message and key-values, one JSON object a line on stderr.
import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from './log-level.ts';

/** What varies in a line. The names that pino gives to its own are not to be used: a reader would keep only one of both. */
export type LogFields = Readonly<Record<string, unknown>> & {
  readonly message?: never;
  readonly level?: never;
  readonly time?: never;
};

/** What code may do with a log. Messages are constant; what varies goes into the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose every line carries these fields too. */
  with(fields: LogFields): Logger;
}

/** A log that writes JSON lines to `destination`. */
export function createLogger(options: { readonly level: LogLevel; readonly destination: DestinationStream }): Logger {
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
    },
    options.destination,
  );
  return wrap(root);
}

type Pino = ReturnType<typeof pino<never>>;

function wrap(log: Pino): Logger {
  return {
    debug: (message, fields = {}) => log.debug(fields, message),
    info: (message, fields = {}) => log.info(fields, message),
    warn: (message, fields = {}) => log.warn(fields, message),
    error: (message, fields = {}) => log.error(fields, message),
    with: (fields) => wrap(log.child(fields)),
  };
}
