// An unknown thrown thing as one line of text, or as an error.

/** The message, or the thing itself as text. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message === '' ? error.name : error.message;
  if (typeof error === 'string') return error;
  try {
    return JSON.stringify(error) ?? String(error); // undefined, functions and symbols have no JSON
  } catch {
    return String(error); // neither have circles and bigints
  }
}

/** The error itself, or one with the thing as its message. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(errorText(error));
}
