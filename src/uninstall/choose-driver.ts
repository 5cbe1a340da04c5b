// Which driver takes a release away: native wherever it ends as helm does, helm for the rest (DESIGN.md P9).
import { uncovered } from './native-coverage.ts';
import type { DriverChoice, ProvenUninstaller } from './proven-uninstaller.ts';
import type { ParsedContent } from './record-trust.ts';
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
      request.onDriver?.(choice);
      return helm.uninstall(request);
    },
  };
}
