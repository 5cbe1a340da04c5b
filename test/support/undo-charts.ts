// Templates of charts whose releases are purged and brought back.

/** An object of a template; `rest` stands below its metadata. */
export const configMap = (
  name = '{{ .Release.Name }}',
  rest = 'data: {a: {{ .Values.a | default "1" | quote }}}',
): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${JSON.stringify(name)}}\n${rest}\n---\n`;

/** A Service with a port on the nodes. */
export const service =
  'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\nspec: {type: NodePort, ports: [{port: 80}]}\n---\n';

/** A claim that helm leaves behind. */
export const keptClaim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: "{{ .Release.Name }}"
  annotations: {helm.sh/resource-policy: keep}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
`;

/** A ConfigMap that a hook makes. */
export const hook = (event: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: "{{ .Release.Name }}-${event}"\n  annotations: {helm.sh/hook: ${event}}\ndata: {a: b}\n---\n`;

/** Cluster-scoped. */
export const clusterRole =
  'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: "{{ .Release.Namespace }}-{{ .Release.Name }}"}\nrules: []\n---\n';

/** A hook of a rollback that helm waits for in vain: no node fits. */
export const endlessHook = `apiVersion: batch/v1
kind: Job
metadata:
  name: "{{ .Release.Name }}"
  annotations: {helm.sh/hook: pre-rollback}
spec:
  template:
    spec:
      restartPolicy: Never
      nodeSelector: {test.velotio.com/nowhere: "true"}
      containers: [{name: a, image: a}]
---
`;
