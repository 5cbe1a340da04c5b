// Which helm this is, and whether it is new enough.
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
 * @throws HelmError `HELM_MISSING`, `HELM_TOO_OLD`
 */
export async function requireHelm(
  helm: Helm,
  minimum: { readonly major: number; readonly minor: number },
): Promise<HelmVersion> {
  const { stdout } = await helm.run(['version', '--template', '{{.Version}}'], {
    what: 'ask helm for its version',
    timeoutMs: 30_000,
  });
  const version = parseHelmVersion(stdout);
  const wanted = `${minimum.major}.${minimum.minor}`;
  const isOldEnough =
    version !== undefined &&
    (version.major > minimum.major || (version.major === minimum.major && version.minor >= minimum.minor));
  if (!isOldEnough) {
    throw new HelmError(
      'HELM_TOO_OLD',
      `"${helm.binary}" is helm ${version?.text ?? stdout}; ${wanted} or newer is needed`,
      {
        isTerminal: true,
        remedy: `Install Helm ${wanted} or newer and put it first on PATH, or name it with HELM_BIN.`,
      },
    );
  }
  return version;
}
