// The demo's first half: the tutorial's resource comes, grows and goes, and the operator follows.
import { lists, objectName, prints } from './expectation.ts';
import type { Step } from './step.ts';

const ofTheBookStore = '-l app.kubernetes.io/instance=example-bookstore';
const growth = '{"spec": {"replicaCount": 3, "mongodb": {"persistence": {"enabled": true, "size": "1Gi"}}}}';

/** The resource's kind is made known. */
export const installCrds: readonly Step[] = [
  {
    why: 'the API server learns what a BookStore is',
    line: 'kubectl apply -f deploy/crds && kubectl wait --for=condition=Established -f deploy/crds --timeout=60s',
    expects: [prints('the API server knows BookStores', 'bookstores.velotio.com condition met')],
  },
];

/** From apply to Ready: this is timed. */
export const createBookStore: readonly Step[] = [
  { why: "the tutorial's resource", line: 'kubectl apply -f deploy/samples/bookstore.yaml' },
  {
    line: 'kubectl wait bookstore/example-bookstore --for=condition=Ready --timeout=90s',
    expects: [prints('the BookStore is Ready', 'condition met')],
  },
];

/** What came of it, a change, and the end. */
export const useBookStore: readonly Step[] = [
  { why: 'what came of it', line: 'kubectl get bookstores' },
  {
    line: `kubectl get deployments,services,pods ${ofTheBookStore}`,
    expects: [
      lists(
        'the application and its MongoDB are a Deployment and a Service each',
        ['deployment.apps/', 'service/'].flatMap((kind) => [
          `${kind}example-bookstore`,
          `${kind}example-bookstore-mongodb`,
        ]),
        { key: objectName, where: (row) => !objectName(row).startsWith('pod/') },
      ),
    ],
  },
  {
    why: 'it grows: three pods of the application, and a volume for the database',
    line: `kubectl patch bookstore example-bookstore --type merge -p '${growth}'`,
  },
  { line: 'kubectl wait bookstore/example-bookstore --for=condition=Ready --timeout=90s' },
  {
    line: `kubectl get deployments,pvc ${ofTheBookStore}`,
    expects: [
      lists('three pods of the application are ready', ['3/3'], {
        key: (row) => row.READY ?? '',
        where: (row) => objectName(row) === 'deployment.apps/example-bookstore',
      }),
    ],
  },
  { why: 'it goes: kubectl waits for the finalizer', line: 'kubectl delete bookstore example-bookstore' },
  { line: `kubectl wait pods ${ofTheBookStore} --for=delete --timeout=90s` },
  {
    why: 'what is left',
    line: `kubectl get all,configmaps,secrets,serviceaccounts,pvc ${ofTheBookStore}; helm list`,
    expects: [
      lists(
        "nothing but the database's volume, which the chart marks with helm.sh/resource-policy: keep",
        ['persistentvolumeclaim/example-bookstore-mongodb'],
        { key: objectName },
      ),
    ],
  },
];
