// What a person can mend: printed as one line, without a stack.

export class SetupError extends Error {
  constructor(message, { exitCode = 2, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SetupError';
    this.exitCode = exitCode;
  }
}
