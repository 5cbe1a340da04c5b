// Every metric of the program: name, meaning, labels. Nothing else makes one.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** All names begin with this (DESIGN.md §1). */
const prefix = 'bookstore_operator_';

const seconds = [0.001, 0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60, 300];

/** A purge has an hour unless its policy says otherwise. */
const purgeSeconds = [1, 5, 15, 60, 300, 900, 1_800, 3_600, 7_200];

const watchLabels = ['resource', 'namespace', 'selector'] as const;

/** The metrics of one process. */
export class Metrics {
  readonly #registry = new Registry();

  /** 1; the version stands in the label. */
  readonly buildInfo = this.#gauge('build_info', 'The version of this program', ['version']);

  /** Requests to the API server that were answered or given up. */
  readonly requests = this.#counter('requests_total', 'Requests to the API server', ['verb', 'resource', 'code']);
  readonly requestDuration = this.#histogram('request_duration_seconds', 'Time until the answer began', {
    labels: ['verb'],
  });
  /** Seconds that requests are held back because the server said 429; 0 when they are not. */
  readonly requestBrake = this.#gauge('request_brake_seconds', 'How long requests are held back after a 429', []);

  readonly watchStarts = this.#counter('watch_starts_total', 'Watches that were dialled', ['resource']);
  readonly watchLists = this.#counter('watch_lists_total', 'Lists that watches began with, or had to', ['resource']);
  readonly watchErrors = this.#counter('watch_errors_total', 'Watches and lists that failed', ['resource', 'code']);
  /** `namespace` is empty for all, `selector` for none. */
  readonly watchObjects = this.#gauge('watch_objects', 'Objects in the local copy', watchLabels);
  /** Seconds since the server was last heard on a watch (event, bookmark or list); absent before the first list. */
  readonly watchSilence = this.#gauge('watch_silence_seconds', 'Seconds since a watch was last heard', watchLabels);

  readonly queueDepth = this.#gauge('workqueue_depth', 'Keys that wait', ['kind']);
  readonly queueInFlight = this.#gauge('workqueue_in_flight', 'Keys that are worked on', ['kind']);
  readonly queueLongest = this.#gauge('workqueue_longest_running_seconds', 'Age of the oldest pass', ['kind']);
  /** Delays and backoffs do not count: from when a worker could have taken the key. */
  readonly queueWait = this.#histogram('workqueue_wait_seconds', 'How long keys waited for a worker', {
    labels: ['kind'],
  });
  readonly queueAdds = this.#counter('workqueue_adds_total', 'Keys that were added', ['kind']);
  readonly queueRetries = this.#counter('workqueue_retries_total', 'Keys that were added after a failure', ['kind']);

  /** controller-runtime's four results (success, requeueAfter, error, terminalError), and cancelled. */
  readonly reconciles = this.#counter('reconcile_total', 'Passes over a resource', ['kind', 'result']);
  readonly reconcileDuration = this.#histogram('reconcile_duration_seconds', 'Time of a pass', { labels: ['kind'] });

  /** By helm's verb; the result is `success` or the code of the failure. */
  readonly helmCalls = this.#counter('helm_calls_total', 'Calls of helm that ended', ['verb', 'result']);
  readonly helmDuration = this.#histogram('helm_call_duration_seconds', 'Time of a call of helm', { labels: ['verb'] });
  /** By the state that was decided last: `InSync`, `Exhausted`, … */
  readonly resources = this.#gauge('resources', 'Watched resources by state', ['kind', 'state']);

  /** 1 on the replica that leads, 0 on a standby. */
  readonly leader = this.#gauge('leader', 'Whether this replica leads', ['lease']);
  readonly leaderTransitions = this.#counter('leader_transitions_total', 'Terms that this replica began', ['lease']);
  readonly leaderRenewalFailures = this.#counter('leader_renewal_failures_total', 'Lease not reached', ['lease']);

  /** By how a night ended: `succeeded`, `failed`, `blocked`, `planned`, `suspended`, `interrupted`, `refused`. */
  readonly purgeRuns = this.#counter('purge_runs_total', 'Scheduled purges that ended', ['policy', 'result']);
  readonly purgeDuration = this.#histogram(
    'purge_duration_seconds',
    'Time of a scheduled purge that executed its plan',
    { labels: ['policy'], buckets: purgeSeconds },
  );
  /** The code is empty where there is none, and why the run ended of what it did not start. */
  readonly purgeReleases = this.#counter('purge_releases_total', 'Releases of purges by what became of them', [
    'policy',
    'result',
    'code',
  ]);
  readonly purgeLastSuccess = this.#gauge(
    'purge_last_success_timestamp_seconds',
    'When a scheduled purge last ended with nothing failed or left over',
    ['policy'],
  );
  /** 1 while this replica purges, or is about to. */
  readonly purgeLock = this.#gauge('purge_lock_held', 'Whether this replica holds the Lease of the purge', ['lease']);

  readonly events = this.#counter('events_total', 'Kubernetes Events', ['type', 'result']);

  /** Fills in what has to be asked when somebody looks, e.g. the depth of a queue. */
  readonly #collectors: (() => void)[] = [];

  /** Calls `collect` before each scrape. */
  onScrape(collect: () => void): void {
    this.#collectors.push(collect);
  }

  /** The text that Prometheus reads, and its content type. */
  async expose(): Promise<{ readonly contentType: string; readonly body: string }> {
    for (const collect of this.#collectors) collect();
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: prefix + name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({ name: prefix + name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #histogram<L extends string>(
    name: string,
    help: string,
    { labels, buckets = seconds }: { readonly labels: readonly L[]; readonly buckets?: readonly number[] },
  ): Histogram<L> {
    return new Histogram({
      name: prefix + name,
      help,
      labelNames: [...labels],
      buckets: [...buckets],
      registers: [this.#registry],
    });
  }
}
