// Which driver takes a release away: native wherever it ends as helm does, helm for the rest (DESIGN.md P9).
import { quoteUntrusted } from '../lib/quote-untrusted.ts';
import { UninstallError } from './errors.ts';
import { uncovered } from './native-coverage.ts';
import type { DriverChoice, ProvenUninstaller, ProvenUninstallRequest } from './proven-uninstaller.ts';
import { describeObject, isLeftBehind, isVolumeClaim, type ParsedContent } from './record-trust.ts';
import type { ReleaseUninstaller } from './uninstaller.ts';

/** What can be asked for. */
export const driverModes = ['auto', 'native', 'helm'] as const;

/** `auto`: chosen for each release. `native`: what it does not cover fails. */
export type DriverMode = (typeof driverModes)[number];

/** What there is to choose from. */
export interface Drivers {
  readonly native: ProvenUninstaller;
  readonly helm: ReleaseUninstaller;
}

/** The driver of a release under `auto`. */
export function chooseDriver(content: ParsedContent): DriverChoice {
  const why = uncovered(content);
  return why === undefined ? { driver: 'native' } : { driver: 'helm', why };
}

/** One uninstaller of two, as the mode says. */
export function chosenDriver(mode: DriverMode, { native, helm }: Drivers): ProvenUninstaller {
  if (mode === 'native') return native;
  return {
    driver: mode,
    uninstall: async (request) => {
      const choice: DriverChoice = mode === 'helm' ? { driver: 'helm' } : chooseDriver(request.proven.content);
      if (choice.driver === 'native') return native.uninstall(request);
      requireNoClaimAtRisk(request);
      request.onDriver?.(choice);
      return helm.uninstall(request);
    },
  };
}

/** helm would delete them: the plan keeps such a release, and this is what stands behind it. @throws UninstallError */
function requireNoClaimAtRisk({ namespace, name, proven, shouldKeepClaims }: ProvenUninstallRequest): void {
  const { release, objects } = proven.content;
  if (shouldKeepClaims !== true || release.status === 'uninstalled') return;
  const claim = objects.find((object) => isVolumeClaim(object) && !isLeftBehind(object));
  if (claim === undefined) return;
  const what = quoteUntrusted(describeObject(claim));
  const message = `release ${namespace}/${name} is not uninstalled: helm would delete ${what}, which is to stay`;
  throw new UninstallError('VOLUME_AT_RISK', message, {
    remedy:
      'Have its chart annotate the claim with helm.sh/resource-policy: keep, or set volumes: Delete in the policy.',
  });
}
