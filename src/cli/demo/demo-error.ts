// What ends a demo before its end, as one typed error.
import { CodedError } from '../../lib/coded-error.ts';

/** Stable names of these failures. */
export type DemoErrorCode = 'DEMO_RUNNING' | 'DEMO_KEPT' | 'DEMO_NAME_TAKEN' | 'DEMO_STEP_FAILED' | 'DEMO_NOT_CLEAN';

/** A demo that could not begin, did not show what it should, or could not be taken down. */
export class DemoError extends CodedError<DemoErrorCode> {}
