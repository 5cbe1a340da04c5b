// What uninstalls a release that is proved already: the proof is what is deleted by (DESIGN.md P2, P9).
import type { ProvenRelease } from './prove-stored.ts';
import type { AnsweredUninstall, UninstallRequest } from './uninstaller.ts';

/** Which of the two does the work. */
export interface DriverChoice {
  readonly driver: 'helm' | 'native';
  /** Where the native driver was asked for first: why it is helm all the same, as a clause. */
  readonly why?: string;
}

/** A release with its proof. */
export interface ProvenUninstallRequest extends UninstallRequest {
  readonly proven: ProvenRelease;
  /** Whether volume claims of the manifest stay. Default false: they go, as helm has it. */
  readonly shouldKeepClaims?: boolean;
  /** Told once, before anything is done. */
  readonly onDriver?: ((choice: DriverChoice) => void) | undefined;
}

/** Takes releases away of which all is proved. */
export interface ProvenUninstaller {
  /** For reports. `auto`: it is chosen for each release. */
  readonly driver: 'helm' | 'native' | 'auto';
  /** As a ReleaseUninstaller. @throws CodedError with what went wrong */
  uninstall(request: ProvenUninstallRequest): Promise<AnsweredUninstall | undefined>;
}
