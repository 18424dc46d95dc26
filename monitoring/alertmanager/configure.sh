#!/bin/sh
# Prints Alertmanager's configuration: who is called, by what the environment says. For any POSIX shell, Alertmanager's
# own image's too. Without a receiver alerts are shown on Alertmanager's page alone.
#
#   SLUICE_ALERT_WEBHOOK        a URL that gets every alert as JSON (and the end of it)
#   SLUICE_ALERT_MAIL_TO        who gets mail of every critical alert; with it also
#   SLUICE_ALERT_MAIL_FROM      its sender (the first recipient)
#   SLUICE_ALERT_SMTP           the mail server, host:port (localhost:25)
#   SLUICE_ALERT_SMTP_USER      where it wants a login, and
#   SLUICE_ALERT_SMTP_PASSWORD_FILE   the file that holds the password
#   SLUICE_ALERT_SMTP_TLS       false: without TLS, to a server on this machine (true)
set -eu
[ -z "${SLUICE_ALERT_SMTP_USER:-}" ] || : "${SLUICE_ALERT_SMTP_PASSWORD_FILE:?is not set, and SLUICE_ALERT_SMTP_USER is}"

# quoted TEXT: as a YAML text
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"; }

webhook() {
  cat <<YAML
    webhook_configs:
      - url: $(quoted "$SLUICE_ALERT_WEBHOOK")
        send_resolved: true
YAML
}

mail() {
  cat <<YAML
    email_configs:
      - to: $(quoted "$SLUICE_ALERT_MAIL_TO")
        from: $(quoted "${SLUICE_ALERT_MAIL_FROM:-${SLUICE_ALERT_MAIL_TO%%,*}}")
        smarthost: $(quoted "${SLUICE_ALERT_SMTP:-localhost:25}")
        require_tls: ${SLUICE_ALERT_SMTP_TLS:-true}
        send_resolved: true
YAML
  [ -z "${SLUICE_ALERT_SMTP_USER:-}" ] || cat <<YAML
        auth_username: $(quoted "$SLUICE_ALERT_SMTP_USER")
        auth_password_file: $(quoted "$SLUICE_ALERT_SMTP_PASSWORD_FILE")
YAML
}

cat <<'YAML'
# Made by monitoring/alertmanager/configure.sh.
route:
  receiver: operators
  # One message for all that is wrong with one service.
  group_by: [component]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - matchers: [severity = critical]
      receiver: on-call
      group_wait: 10s
      repeat_interval: 1h

inhibit_rules:
  # A service that is down needs no second call for what it does not do.
  - source_matchers: [alertname = SluiceServiceDown]
    target_matchers: [severity = warning]
    equal: [component]
  # One that is not ready tells why; that its tasks start again and its files wait follows from it.
  - source_matchers: [alertname = SluiceNotReady]
    target_matchers: ['alertname =~ "SluiceTasksRestart|SluiceLag|SluiceRowsSlow|SluiceFilesSlow"']
    equal: [component]
  - source_matchers: [alertname = SluiceDiskAlmostFull]
    target_matchers: [alertname = SluiceDiskFillsUp]
    equal: [component, place]

receivers:
  - name: operators
YAML
[ -z "${SLUICE_ALERT_WEBHOOK:-}" ] || webhook
echo '  - name: on-call'
[ -z "${SLUICE_ALERT_WEBHOOK:-}" ] || webhook
[ -z "${SLUICE_ALERT_MAIL_TO:-}" ] || mail
