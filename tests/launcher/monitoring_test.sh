#!/usr/bin/env bash
# What Prometheus and Alertmanager are told: by the settings, and as they take it.
source "$(dirname "$0")/assert.sh"

# with_parts COMMAND…: in a shell that has read the launcher.
with_parts() {
  (
    set -euo pipefail
    for part in say settings processes ports space packages wheels kafka postgres s3 build services monitoring; do
      # shellcheck source=/dev/null
      source "$root/launcher/$part.sh"
    done
    read_settings
    "$@"
  )
}
prometheus() { with_parts configure_prometheus "$scratch/prometheus" "$root/monitoring/prometheus/rules/*.yml" 9 5s 15s api=1 loader=2; }
alertmanager() { with_parts configure_alertmanager "$scratch/alertmanager"; }

run prometheus
expect_code 0 "a configuration for Prometheus"
run promtool check config "$scratch/prometheus/prometheus.yml"
expect_code 0 "promtool"
expect_said "rules found"
said=$(<"$scratch/prometheus/prometheus.yml")
expect_said '127.0.0.1:2"], labels: { component: loader }'
expect_not_said authorization

# Where the services show their metrics to holders of a token only.
SLUICE_TOKEN=abc run prometheus
said=$(<"$scratch/prometheus/prometheus.yml")
expect_said "credentials_file"
expect_not_said abc
[[ $(<"$scratch/prometheus/token") == abc && $(stat -c %a "$scratch/prometheus/token") == 600 ]] || wrong "the token is not kept to oneself"
run promtool check config "$scratch/prometheus/prometheus.yml"
expect_code 0 "promtool, with a token"

SLUICE_ALERT_WEBHOOK=http://127.0.0.1:9/ SLUICE_ALERT_MAIL_TO=a@example.org run alertmanager
expect_code 0 "a configuration for Alertmanager"
SLUICE_ALERT_WEBHOOK=nonsense run alertmanager
expect_code 1 "a webhook that is no URL"
expect_said "make no configuration that Alertmanager takes"
SLUICE_ALERT_MAIL_TO=a@example.org SLUICE_ALERT_SMTP_USER=me run alertmanager
expect_code 1 "a login without a password"
expect_said "SLUICE_ALERT_SMTP_PASSWORD_FILE"

# A service is started without the settings of others.
start_daemon_as_told() {
  # shellcheck disable=SC2317
  start_daemon() { shift 2 && "$@"; }
  # shellcheck disable=SC2317
  stop_daemon() { :; }
  root=$scratch
  start_service api
}
mkdir -p "$scratch/launcher" "$SLUICE_HOME/run" "$SLUICE_HOME/logs"
# A supervisor that only tells what it was given, and that it has ended.
printf '#!/bin/sh\nenv\necho 0 >"$2/$1.ended"\n' >"$scratch/launcher/supervise.sh"
chmod +x "$scratch/launcher/supervise.sh"
SLUICE_ALERT_WEBHOOK=http://127.0.0.1:9/ SLUICE_PORT_BASE=$((20000 + RANDOM % 10000)) run with_parts start_daemon_as_told
expect_code 0 "starting a service"
expect_said "SLUICE_HTTP_PORT"
expect_not_said SLUICE_ALERT
finish
