{{- define "pod" -}}
metadata:
  labels: {app: {{ .Release.Name | quote }}}
  annotations: {{ toJson .Values.podAnnotations }}
spec:
  nodeSelector: {{ toJson .Values.nodeSelector }}
  containers:
    - name: main
      image: example.com/none:1
{{- end }}
{{- define "is" -}}
{{- if regexMatch (printf "^%s(-|$)" .kind) .release -}}yes{{- end -}}
{{- end }}
