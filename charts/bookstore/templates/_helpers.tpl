{{/*
Throughout: `(.Values.a).b` is nil where `.Values.a.b` fails, because a user may remove any parent with null.
Every string that is not constant is quoted: a release may be called y, 1 or null, which YAML reads as something else.
*/}}

{{/*
The release's full name, as `helm create` builds it: the release's name if it contains the chart's, else both.
Dots become dashes: a release may be called a.b, a Service may not. Nor may it begin with a digit before Kubernetes 1.36:
the release 1 gets bookstore-1.
*/}}
{{- define "bookstore.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- if regexMatch "^[0-9]" $full }}{{ $full = printf "%s-%s" $name .Release.Name }}{{ end -}}
{{- .Values.fullnameOverride | default $full | replace "." "-" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/*
The name of MongoDB's objects. The full name is cut before the suffix goes on: two components never get one name.
*/}}
{{- define "bookstore.mongodb.fullname" -}}
{{- printf "%s-mongodb" (include "bookstore.fullname" . | trunc 55 | trimSuffix "-") -}}
{{- end }}

{{- define "bookstore.mongodb.serviceName" -}}
{{- ((.Values.service).mongodb).name | default (include "bookstore.mongodb.fullname" .) -}}
{{- end }}

{{- define "bookstore.serviceAccountName" -}}
{{- $account := .Values.serviceAccount | default dict -}}
{{- $account.name | default (ternary (include "bookstore.fullname" .) "default" ($account.create | default false)) -}}
{{- end }}

{{/*
Labels by which a Deployment and a Service find their pods. They are immutable in a Deployment, so they depend on nothing
that a user can change: chart, release, component. Takes a dict: root, component.
*/}}
{{- define "bookstore.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/*
Labels of an object. Takes a dict: root, and component unless the object serves both.
*/}}
{{- define "bookstore.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
{{- if .component }}
{{ include "bookstore.selectorLabels" . }}
{{- else }}
app.kubernetes.io/name: {{ .root.Chart.Name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end }}
app.kubernetes.io/part-of: {{ .root.Chart.Name | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
{{- end }}

{{/*
Metadata of a pod. The selector's labels win over the user's. No chart version: a new one shall not restart pods for
nothing. Takes a dict: root, component.
*/}}
{{- define "bookstore.podMetadata" -}}
labels:
  {{- merge (include "bookstore.selectorLabels" . | fromYaml) (.root.Values.podLabels | default dict) | toYaml | nindent 2 }}
{{- with .root.Values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
What both pods share: account, pull secrets, placement.
*/}}
{{- define "bookstore.podSpec" -}}
serviceAccountName: {{ include "bookstore.serviceAccountName" . | quote }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
Image and pull policy of a container. Takes a dict: root, component.
*/}}
{{- define "bookstore.image" -}}
{{- $image := get (.root.Values.image | default dict) .component | default dict -}}
{{- $repository := required (printf "image.%s.repository is empty: name an image" .component) $image.repository -}}
image: {{ ternary (printf "%s:%s" $repository $image.tag) $repository (not (empty $image.tag)) | quote }}
{{- with $image.pullPolicy }}
imagePullPolicy: {{ . | quote }}
{{- end }}
{{- end }}

{{/*
A port of a service, or a clear error. Takes a dict: root, component, key (port, targetPort).
*/}}
{{- define "bookstore.port" -}}
{{- $service := get (.root.Values.service | default dict) .component | default dict -}}
{{- required (printf "service.%s.%s is empty: name a port" .component .key) (get $service .key) | int -}}
{{- end }}

{{/*
A component's Service, but for its name. Takes a dict: root, component, portName.
*/}}
{{- define "bookstore.serviceSpec" -}}
{{- $service := get (.root.Values.service | default dict) .component | default dict -}}
selector:
  {{- include "bookstore.selectorLabels" . | nindent 2 }}
{{- with $service.type }}
type: {{ . | quote }}
{{- end }}
ports:
  - name: {{ .portName }}
    port: {{ include "bookstore.port" (merge (dict "key" "port") .) }}
    targetPort: {{ include "bookstore.port" (merge (dict "key" "targetPort") .) }}
    protocol: TCP
{{- end }}

{{/*
Where the application finds MongoDB.
*/}}
{{- define "bookstore.app.ownEnv" -}}
- name: MONGODB_HOST
  value: {{ include "bookstore.mongodb.serviceName" . | quote }}
- name: MONGODB_PORT
  value: {{ include "bookstore.port" (dict "root" $ "component" "mongodb" "key" "port") | quote }}
{{- with ((.Values.mongodb).auth).existingSecret }}
- name: MONGODB_USERNAME
  valueFrom:
    secretKeyRef:
      name: {{ . | quote }}
      key: username
- name: MONGODB_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ . | quote }}
      key: password
- name: MONGODB_URI
  value: mongodb://$(MONGODB_USERNAME):$(MONGODB_PASSWORD)@$(MONGODB_HOST):$(MONGODB_PORT)/?authSource=admin
{{- else }}
- name: MONGODB_URI
  value: mongodb://$(MONGODB_HOST):$(MONGODB_PORT)
{{- end }}
{{- end }}

{{/*
The application's environment: ours, then the user's. A name that the user sets too stands once, with the user's value, in
our place: Kubernetes expands $(NAME) only from what stands before.
*/}}
{{- define "bookstore.app.env" -}}
{{- $given := dict }}
{{- range (.Values.app).env }}
{{- $_ := set $given .name . }}
{{- end }}
{{- $env := list }}
{{- range include "bookstore.app.ownEnv" . | fromYamlArray }}
{{- $env = append $env (get $given .name | default .) }}
{{- $_ := unset $given .name }}
{{- end }}
{{- range (.Values.app).env }}
{{- if hasKey $given .name }}
{{- $env = append $env . }}
{{- end }}
{{- end }}
{{- toYaml $env }}
{{- end }}
