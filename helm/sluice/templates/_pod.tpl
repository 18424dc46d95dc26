{{- /* The pod of a service. `needs` in the dict: which of kafka, postgres and s3 it talks to. */ -}}
{{- define "sluice.pod" -}}
{{- $values := index .root.Values .component -}}
{{- $kafka := has "kafka" .needs -}}
{{- $postgres := has "postgres" .needs -}}
{{- $s3 := and (has "s3" .needs) .root.Values.s3.enabled -}}
{{- $shared := include "sluice.sharedClaim" .root -}}
{{- $secrets := or $postgres (and $kafka .root.Values.kafka.secretProperties) (and $s3 (or .root.Values.s3.credentials.secret .root.Values.s3.ca.secret)) -}}
metadata:
  labels:
    {{- include "sluice.podLabels" . | nindent 4 }}
    {{- with .root.Values.pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    {{- /* Definitions are not in it: they are taken up by what runs. */}}
    checksum/settings: {{ include "sluice.settings" .root | sha256sum }}
    {{- with .root.Values.pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "sluice.serviceAccount" .root }}
  automountServiceAccountToken: false
  # Kubernetes would set variables like SLUICE_API_PORT for each Service; a service takes them for settings.
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .root.Values.pod.terminationGracePeriodSeconds }}
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .root.Values.pod.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .root.Values.pod.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.pod.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.pod.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "sluice.selector" . | nindent 10 }}
  securityContext:
    runAsNonRoot: true
    {{- toYaml .root.Values.pod.securityContext | nindent 4 }}
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: {{ .component }}
      image: {{ include "sluice.image" . | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      ports:
        - name: http
          containerPort: {{ include "sluice.port" .component }}
      env:
        - name: SLUICE_CONFIG
          value: /etc/sluice/settings/sluice.yaml
        - name: SLUICE_THREADS
          value: {{ $values.threads | quote }}
        {{- if $kafka }}
        - name: SLUICE_INSTANCE_ID
          valueFrom: { fieldRef: { fieldPath: metadata.name } }
        {{- range $property, $where := .root.Values.kafka.secretProperties }}
        - name: SLUICE_KAFKA__{{ $property | upper | replace "." "_" }}_FILE
          value: /etc/sluice/secrets/kafka/{{ $property }}
        {{- end }}
        {{- end }}
        {{- if $postgres }}
        - name: SLUICE_POSTGRES_URL_FILE
          value: /etc/sluice/secrets/postgres-url
        {{- end }}
        {{- if $s3 }}
        {{- with .root.Values.s3.credentials }}
        {{- if .secret }}
        - name: AWS_ACCESS_KEY_ID_FILE
          value: /etc/sluice/secrets/s3/access-key-id
        - name: AWS_SECRET_ACCESS_KEY_FILE
          value: /etc/sluice/secrets/s3/secret-access-key
        {{- if .sessionTokenKey }}
        - name: AWS_SESSION_TOKEN_FILE
          value: /etc/sluice/secrets/s3/session-token
        {{- end }}
        {{- end }}
        {{- end }}
        {{- end }}
        {{- with $values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      # Never asks Kafka or PostgreSQL: a pod that waits for them is not made better by a restart.
      livenessProbe:
        httpGet: { path: /livez, port: http }
        periodSeconds: 10
        timeoutSeconds: 3
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /readyz, port: http }
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 3
      {{- if and (has .component (list "api" "ingest")) (semverCompare ">=1.30.0-0" .root.Capabilities.KubeVersion.Version) }}
      lifecycle:
        # Until no new request is sent here.
        preStop: { sleep: { seconds: 5 } }
      {{- end }}
      {{- with $values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - { name: tmp, mountPath: /tmp }
        - { name: settings, mountPath: /etc/sluice/settings, readOnly: true }
        - { name: definitions, mountPath: /etc/sluice/definitions, readOnly: true }
        {{- if $secrets }}
        - { name: secrets, mountPath: /etc/sluice/secrets, readOnly: true }
        {{- end }}
        {{- if and $kafka .root.Values.kafka.tlsSecret }}
        - { name: kafka-tls, mountPath: /etc/sluice/kafka-tls, readOnly: true }
        {{- end }}
        {{- if and $postgres .root.Values.postgres.tlsSecret }}
        - { name: postgres-tls, mountPath: /etc/sluice/postgres-tls, readOnly: true }
        {{- end }}
        {{- if has .component (list "ingest" "loader") }}
        - { name: data, mountPath: /var/lib/sluice/data }
        {{- end }}
        {{- if eq .component "transform" }}
        - { name: state, mountPath: /var/lib/sluice/state }
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    - name: settings
      configMap: { name: {{ include "sluice.fullname" .root }}-settings }
    - name: definitions
      configMap: { name: {{ include "sluice.definitionsConfigMap" .root }} }
    {{- if $secrets }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- if $postgres }}
          - secret:
              name: {{ .root.Values.postgres.urlSecret.name }}
              items: [{ key: {{ .root.Values.postgres.urlSecret.key | quote }}, path: postgres-url }]
          {{- end }}
          {{- if $kafka }}
          {{- range $property, $where := .root.Values.kafka.secretProperties }}
          - secret:
              name: {{ $where.secret }}
              items: [{ key: {{ $where.key | quote }}, path: kafka/{{ $property }} }]
          {{- end }}
          {{- end }}
          {{- if $s3 }}
          {{- with .root.Values.s3.credentials }}
          {{- if .secret }}
          - secret:
              name: {{ .secret }}
              items:
                - { key: {{ .accessKeyIdKey | quote }}, path: s3/access-key-id }
                - { key: {{ .secretAccessKeyKey | quote }}, path: s3/secret-access-key }
                {{- with .sessionTokenKey }}
                - { key: {{ . | quote }}, path: s3/session-token }
                {{- end }}
          {{- end }}
          {{- end }}
          {{- with .root.Values.s3.ca }}
          {{- if .secret }}
          - secret:
              name: {{ .secret }}
              items: [{ key: {{ .key | quote }}, path: s3/ca.crt }]
          {{- end }}
          {{- end }}
          {{- end }}
    {{- end }}
    {{- if and $kafka .root.Values.kafka.tlsSecret }}
    - name: kafka-tls
      secret: { secretName: {{ .root.Values.kafka.tlsSecret }}, defaultMode: 0440 }
    {{- end }}
    {{- if and $postgres .root.Values.postgres.tlsSecret }}
    - name: postgres-tls
      secret: { secretName: {{ .root.Values.postgres.tlsSecret }}, defaultMode: 0440 }
    {{- end }}
    {{- if has .component (list "ingest" "loader") }}
    {{- if $shared }}
    - name: data
      persistentVolumeClaim: { claimName: {{ $shared }} }
    {{- else if and (eq .component "loader") (not $values.persistence.enabled) }}
    - name: data
      emptyDir: {}
    {{- end }}
    {{- end }}
    {{- if and (eq .component "transform") (not $values.persistence.enabled) }}
    - name: state
      emptyDir: {}
    {{- end }}
{{- end -}}

{{- /* A StatefulSet: the pod's name is the service's in Kafka's groups, so a restart takes its partitions back at once. */ -}}
{{- define "sluice.statefulSet" -}}
{{- $values := index .root.Values .component -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "sluice.name" . }}
  labels:
    {{- include "sluice.labels" . | nindent 4 }}
spec:
  serviceName: {{ include "sluice.name" . }}
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  # No instance waits for another.
  podManagementPolicy: Parallel
  selector:
    matchLabels:
      {{- include "sluice.selector" . | nindent 6 }}
  template:
    {{- include "sluice.pod" . | nindent 4 }}
  {{- if .claim }}
  persistentVolumeClaimRetentionPolicy: { whenScaled: {{ .whenScaled }}, whenDeleted: Retain }
  volumeClaimTemplates:
    - metadata:
        name: {{ .claim }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- include "sluice.storageClass" $values.persistence.storageClass | nindent 8 }}
        resources: { requests: { storage: {{ $values.persistence.size }} } }
  {{- end }}
{{- end -}}
