// How much is logged: the levels, apart from what logs, which the command line need not load.

/** Levels, from the most talkative. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];
