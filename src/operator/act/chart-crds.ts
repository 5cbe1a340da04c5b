// The CRDs of a chart kept equal to its `crds/` directory (`crds: CreateReplace`): helm itself only creates what is missing,
// and never changes one.
import { parseAllDocuments } from 'yaml';
import type { Helm } from '../../helm/process.ts';
import { helmShowCrds } from '../../helm/show-crds.ts';
import type { KubeClient } from '../../kube/client.ts';
import { isApiError } from '../../kube/errors.ts';
import type { KubeObject, ObjectInput } from '../../kube/objects.ts';
import type { Resource } from '../../kube/resource.ts';
import type { Clock } from '../../lib/clock.ts';
import { CodedError } from '../../lib/coded-error.ts';
import { withinTime } from '../../lib/within-time.ts';
import type { ChartInfo } from '../../watches/watch-entry.ts';
import { fieldManager } from './field-manager.ts';

/** CRDs that cannot be brought in. */
export class ChartCrdsError extends CodedError<'CRDS_INVALID' | 'CRDS_REFUSED' | 'CRDS_NOT_ESTABLISHED'> {}

const definitions: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  isNamespaced: false,
};

/** The API server serves a new kind within a second or two. */
const establishedWithinMs = 30_000;
const pollMs = 200;

interface Definition extends KubeObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** What applying takes. */
export interface ChartCrdsDeps {
  readonly helm: Helm;
  readonly clock: Clock;
}

/** Remembers which contents of charts are in the cluster. */
export class ChartCrds {
  readonly #deps: ChartCrdsDeps;
  /** By the chart's digest; what failed is not here. */
  readonly #applied = new Map<string, Promise<void>>();

  constructor(deps: ChartCrdsDeps) {
    this.#deps = deps;
  }

  /**
   * Applies the chart's CRDs, once for a content in the life of the process, and waits until they are served. Never
   * deletes one: that would delete every resource of its kind. @throws HelmError, ApiError, ChartCrdsError
   */
  async ensure(chart: ChartInfo, client: KubeClient, signal: AbortSignal): Promise<void> {
    for (let held = this.#held(chart); held !== undefined; held = this.#held(chart)) {
      // what another caller began may have failed for its own reasons, cancellation above all
      const isDone = await withinTime(
        held.then(
          () => true,
          () => false,
        ),
        { signal },
      );
      if (isDone) return;
      if (this.#held(chart) === held) this.#applied.delete(chart.digest);
    }
    const applying = this.#apply(chart, client, signal);
    this.#applied.set(chart.digest, applying);
    try {
      await applying;
    } catch (error) {
      this.#applied.delete(chart.digest);
      throw error;
    }
  }

  #held({ digest }: ChartInfo): Promise<void> | undefined {
    return this.#applied.get(digest);
  }

  async #apply(chart: ChartInfo, client: KubeClient, signal: AbortSignal): Promise<void> {
    const text = await helmShowCrds(this.#deps.helm, chart.path, { signal });
    const crds = definitionsIn(text, chart);
    for (const crd of crds) await applyOne(crd, client, signal);
    for (const crd of crds) await this.#established(crd.metadata.name ?? '', client, signal);
  }

  async #established(name: string, client: KubeClient, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const startedMs = clock.monotonic();
    while (clock.monotonic() - startedMs < establishedWithinMs) {
      const { status } = await client.get<Definition>(definitions, { name, signal });
      if (status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True') === true) return;
      await clock.sleep(pollMs, signal);
    }
    throw new ChartCrdsError('CRDS_NOT_ESTABLISHED', `CustomResourceDefinition ${name} is not served after 30 s`, {
      remedy: `Look at kubectl describe crd ${name}: its names may be taken.`,
    });
  }
}

async function applyOne(crd: ObjectInput, client: KubeClient, signal: AbortSignal): Promise<void> {
  try {
    await client.apply(definitions, crd, { fieldManager, signal });
  } catch (error) {
    if (!isApiError(error, 'API_FORBIDDEN', 'API_INVALID')) throw error;
    throw new ChartCrdsError('CRDS_REFUSED', `the CRDs of the chart cannot be applied: ${error.message}`, {
      cause: error,
      isTerminal: error.isTerminal,
      remedy: error.remedy ?? 'Correct the CRD in the chart, or set crds: Create in watches.yaml.',
    });
  }
}

function definitionsIn(text: string, chart: ChartInfo): readonly ObjectInput[] {
  return parseAllDocuments(text)
    .map((document): unknown => {
      if (document.errors[0] !== undefined) throw invalid(chart, document.errors[0].message);
      return document.toJS();
    })
    .filter((value) => value !== null && value !== undefined)
    .map((value) => {
      const crd = value as ObjectInput;
      const isDefinition = crd.kind === definitions.kind && crd.apiVersion === 'apiextensions.k8s.io/v1';
      if (!isDefinition || typeof crd.metadata?.name !== 'string') {
        throw invalid(chart, 'it holds something else than CustomResourceDefinitions of apiextensions.k8s.io/v1');
      }
      return crd;
    });
}

function invalid(chart: ChartInfo, why: string): ChartCrdsError {
  return new ChartCrdsError('CRDS_INVALID', `the crds/ directory of chart ${chart.name} cannot be applied: ${why}`, {
    isTerminal: true,
    remedy: 'Correct the chart, or set crds: Create in watches.yaml.',
  });
}
