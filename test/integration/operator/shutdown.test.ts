import { describe, it } from 'vitest';
import { Helm } from '../../../src/helm/process.ts';
import { EventRecorder } from '../../../src/kube/event-recorder.ts';
import { openClient } from '../../../src/kube/open-client.ts';
import { CoreResources } from '../../../src/kube/resource.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { Operator } from '../../../src/operator/operator.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { helmDriver } from '../../../src/uninstall/helm-driver.ts';
import { ChaosProxy } from '../../support/chaos-proxy.ts';
import { testCluster } from '../../support/test-context.ts';

describe.concurrent('an operator that is to stop while its Events are not answered', () => {
  it.for([
    ['stops when it is told a second time', 300, 300, 4_000],
    ['stops by itself after five seconds', undefined, 4_500, 15_000],
  ] as const)('%s', async ([, cancelAfterMs, atLeastMs, atMostMs], { expect }) => {
    const { kubeconfig, helm: binary, path, testRoot } = testCluster();
    await using proxy = await ChaosProxy.start({ kubeconfig });
    const { client, close } = await openClient({ kubeconfig: proxy.kubeconfig, homeDir: testRoot, userAgent: 'test' });
    const events = new EventRecorder(client, { controller: 'c', instance: 'i', clock: systemClock });
    const helm = new Helm({ binary, kubeconfig, env: { PATH: path, HOME: testRoot } });
    const operator = new Operator({
      entries: [],
      client,
      helm,
      uninstaller: helmDriver(helm),
      unproved: helmDriver(helm),
      events,
      clock: systemClock,
      log: createLogger({ level: 'silent', destination: { write: () => undefined } }),
      metrics: new Metrics(),
      namespaces: [],
      workers: 1,
    });
    proxy.faults.add({ kind: 'silence', where: { path: /\/events$/ } });
    const about = await client.get(CoreResources.namespaces, { name: 'default' });
    events.record(about, { type: 'Normal', reason: 'Tested', action: 'Test', note: 'nobody hears this' });
    const cancel = new AbortController();
    if (cancelAfterMs !== undefined) setTimeout(() => cancel.abort(new Error('at once')), cancelAfterMs);
    const startedMs = performance.now();
    await operator.run({ stop: AbortSignal.abort(), cancel: cancel.signal });
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThanOrEqual(atLeastMs - 50);
    expect(tookMs).toBeLessThan(atMostMs);
    await close();
  });
});
