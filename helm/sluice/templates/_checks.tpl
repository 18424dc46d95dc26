{{- /* What no schema can say: settings that would lose files or do nothing. */ -}}
{{- define "sluice.checks" -}}
{{- $shared := include "sluice.sharedClaim" . -}}
{{- if not .Values.kafka.brokers -}}
{{- fail "kafka.brokers is empty: name the brokers, host:port with commas between" -}}
{{- end -}}
{{- if not .Values.postgres.urlSecret.name -}}
{{- fail "postgres.urlSecret.name is empty: name the secret that holds PostgreSQL's URL" -}}
{{- end -}}
{{- if and .Values.definitions.existingConfigMap .Values.definitions.files -}}
{{- fail "set definitions.existingConfigMap or definitions.files, not both" -}}
{{- end -}}
{{- if and (or (gt (int .Values.ingest.replicas) 1) .Values.ingest.autoscaling.enabled) (not $shared) -}}
{{- fail "more than one instance of ingest needs one claim for all of them, for one may find a file that another one reads: set ingest.persistence.accessMode to ReadWriteMany, or ingest.persistence.existingClaim" -}}
{{- end -}}
{{- if and (or (gt (int .Values.loader.replicas) 1) .Values.loader.autoscaling.enabled) .Values.loader.persistence.enabled (not $shared) -}}
{{- fail "more than one instance of the loader would leave CSV files in the claim of whichever writes them: share ingest's claim (ingest.persistence.accessMode: ReadWriteMany), or set loader.persistence.enabled to false" -}}
{{- end -}}
{{- range $component := list "ingest" "transform" "loader" -}}
{{- with (index $.Values $component).autoscaling -}}
{{- if and .enabled (not $.Values.prometheusAddress) -}}
{{- fail (printf "%s.autoscaling needs prometheusAddress: KEDA asks Prometheus how much waits" $component) -}}
{{- end -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "%s.autoscaling: minReplicas is more than maxReplicas" $component) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and .Values.api.ingress.enabled (not .Values.api.ingress.host) -}}
{{- fail "api.ingress.host is empty" -}}
{{- end -}}
{{- if le (mul 1000 (int64 .Values.pod.terminationGracePeriodSeconds)) (int64 .Values.kafka.transactionTimeoutMs) -}}
{{- fail "pod.terminationGracePeriodSeconds must be longer than kafka.transactionTimeoutMs" -}}
{{- end -}}
{{- end -}}
