// What `run` is told, once flags and environment are understood.
import type { LogLevel } from '../telemetry/log-level.ts';

/** Options of the command. */
export interface RunOptions {
  readonly watchesFile?: string;
  readonly allowMissingEnv?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly maxConcurrentReconciles: number;
  /** Milliseconds. */
  readonly reconcilePeriod?: number;
  readonly healthProbeBindAddress: string;
  readonly metricsBindAddress: string;
  /** Serve them as HTTPS. */
  readonly metricsSecure: boolean;
  readonly leaderElect: boolean;
  readonly leaderElectionId: string;
  readonly leaderElectionNamespace?: string;
  readonly logLevel: LogLevel;
  /** A PurgePolicy document whose schedule is followed. */
  readonly purgePolicy?: string;
  readonly operatorNamespace?: string;
}
