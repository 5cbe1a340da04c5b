// What goes wrong in a benchmark: an error whose message is all that the user needs.

/** A measurement that cannot be made; the message says what is missing. */
export class BenchError extends Error {}

/** A command line, or an environment, that makes no sense. Exit code 2. */
export class UsageError extends Error {}
