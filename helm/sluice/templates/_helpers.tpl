{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Templates below take a dict: root (the chart's context) and component (ingest, transform, loader, api). */ -}}
{{- define "sluice.name" -}}
{{ include "sluice.fullname" .root }}-{{ .component }}
{{- end -}}

{{- define "sluice.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | trunc 63 | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- if .component }}
app.kubernetes.io/component: {{ .component }}
{{- end }}
{{- end -}}

{{- /* Without the chart's version, which alone must not restart pods. */ -}}
{{- define "sluice.podLabels" -}}
{{ include "sluice.selector" . }}
app.kubernetes.io/part-of: sluice
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
{{- end -}}

{{- define "sluice.labels" -}}
{{ include "sluice.podLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{- define "sluice.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "sluice.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- /* As on a local run: the port base 8080 and the services' order. */ -}}
{{- define "sluice.port" -}}
{{- get (dict "api" 8080 "ingest" 8081 "transform" 8082 "loader" 8083) . -}}
{{- end -}}

{{- define "sluice.image" -}}
{{- with .root.Values.image -}}
{{ with .registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .prefix }}{{ $.component }}:{{ default $.root.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}

{{- define "sluice.definitionsConfigMap" -}}
{{ default (printf "%s-definitions" (include "sluice.fullname" .)) .Values.definitions.existingConfigMap }}
{{- end -}}

{{- /* Ingest's claim when all of its instances and the loader share it, else nothing. */ -}}
{{- define "sluice.sharedClaim" -}}
{{- with .Values.ingest.persistence -}}
{{- if .existingClaim -}}
{{ .existingClaim }}
{{- else if eq .accessMode "ReadWriteMany" -}}
{{ include "sluice.fullname" $ }}-data
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.storageClass" -}}
{{- with . }}
storageClassName: {{ . | quote }}
{{- end }}
{{- end -}}
