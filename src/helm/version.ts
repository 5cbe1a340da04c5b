// Which helm this is, and whether it is new enough.
import { errorText } from '../lib/error-text.ts';
import { HelmError } from './errors.ts';
import type { Helm } from './process.ts';

/** A version of helm. */
export interface HelmVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** As helm prints it, e.g. `v4.2.3`. */
  readonly text: string;
}

/** The oldest helm that the operator works with: server-side apply and `--force-conflicts` came with 4.0. */
export const operatorMinimum = { major: 4, minor: 0 } as const;

/** The oldest helm that the purge works with. */
export const purgeMinimum = { major: 3, minor: 18 } as const;

/** Reads `v4.2.3+g1a2b3c` and the like; undefined where it is none. */
export function parseHelmVersion(text: string): HelmVersion | undefined {
  const match = /v?(\d+)\.(\d+)\.(\d+)\S*/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]), text: match[0] };
}

/**
 * Asks helm for its version and insists on a minimum.
 * @throws HelmError `HELM_MISSING`, also where it is there and does not say its version; `HELM_TOO_OLD`
 */
export async function requireHelm(
  helm: Helm,
  minimum: { readonly major: number; readonly minor: number },
): Promise<HelmVersion> {
  const wanted = `${minimum.major}.${minimum.minor}`;
  const version = await askVersion(helm, wanted);
  const isNewEnough =
    version.major > minimum.major || (version.major === minimum.major && version.minor >= minimum.minor);
  if (!isNewEnough) {
    throw new HelmError('HELM_TOO_OLD', `"${helm.binary}" is helm ${version.text}; ${wanted} or newer is needed`, {
      isTerminal: true,
      remedy: `Install Helm ${wanted} or newer and put it first on PATH, or name it with HELM_BIN.`,
    });
  }
  return version;
}

async function askVersion(helm: Helm, wanted: string): Promise<HelmVersion> {
  const noVersion = (why: string, cause?: unknown): HelmError =>
    new HelmError('HELM_MISSING', `"${helm.binary}" does not say which version of helm it is: ${why}`, {
      cause,
      isTerminal: true,
      remedy: `Run "${helm.binary} version": it must print a version. Put Helm ${wanted} or newer first on PATH, or name it with HELM_BIN.`,
    });
  let answer: string;
  try {
    const call = { what: 'ask helm for its version', timeoutMs: 30_000 };
    answer = (await helm.run(['version', '--template', '{{.Version}}'], call)).stdout;
  } catch (error) {
    if (error instanceof HelmError && error.code === 'HELM_MISSING') throw error;
    throw noVersion(errorText(error), error);
  }
  const version = parseHelmVersion(answer);
  if (version === undefined) throw noVersion(`it printed ${JSON.stringify(answer.slice(0, 80))}`);
  return version;
}
