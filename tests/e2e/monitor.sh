#!/usr/bin/env bash
# The real Prometheus and Alertmanager, with Sluice's own rules and routes, in a hurry: an hour of them is a minute, a
# minute a second, and they look every second.
#
#   monitor.sh start DIR OWNER_PID SERVICE=PORT…   on free ports. Who is called is what SLUICE_ALERT_WEBHOOK says, and a mail
#                                                  server that keeps all it gets in DIR/mails. They end with the owner,
#                                                  whatever becomes of it
#   monitor.sh stop DIR
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(readlink -f "$(dirname "$self")/../..")
for part in say settings processes ports space packages monitoring; do
  # shellcheck source=/dev/null
  source "$root/launcher/$part.sh"
done
read_settings

dir=$(absolute "${2:?the folder is missing}")

hurried() { sed -E 's/\b[0-9]+s\b/1s/g; s/\b([0-9]+)m\b/\1s/g; s/\b([0-9]+)h\b/\1m/g' "$1"; }

start() {
  local owner=$1 prometheus alertmanager mail rules
  shift
  mkdir -p "$dir/rules"
  prometheus=$(free_port) alertmanager=$(free_port)
  for rules in "$root"/monitoring/prometheus/rules/*.yml; do hurried "$rules" >"$dir/rules/${rules##*/}"; done
  configure_prometheus "$dir/prometheus" "$dir/rules/*.yml" "$alertmanager" 1s 1s "$@"
  mail=$(free_port)
  # Debian 12's Python has a mail server for just this, and says that a later one will not.
  start_daemon "$dir/mail.pid" "$dir/mails" /usr/bin/python3 -W ignore -u -m smtpd -n -c DebuggingServer "127.0.0.1:$mail"
  wait_until 30 port_taken "$mail" || fail "the mail server did not start; its words: $dir/mails"
  SLUICE_ALERT_MAIL_TO=night@example.org SLUICE_ALERT_MAIL_FROM=sluice@example.org SLUICE_ALERT_SMTP=127.0.0.1:$mail \
    SLUICE_ALERT_SMTP_TLS=false configure_alertmanager "$dir/alertmanager"
  hurried "$dir/alertmanager/alertmanager.yml" >"$dir/alertmanager/hurried.yml"
  mv "$dir/alertmanager/hurried.yml" "$dir/alertmanager/alertmanager.yml"
  start_alertmanager "$dir/alertmanager" "$alertmanager" "$dir/alertmanager.log" "$dir/alertmanager.pid"
  start_prometheus "$dir/prometheus" "$prometheus" "$dir/prometheus.log" "$dir/prometheus.pid"
  start_daemon "$dir/watch.pid" "$dir/watch.log" "$self" watch "$dir" "$owner" "$(started_at "$owner")"
  await_monitor Alertmanager "$alertmanager" "$dir/alertmanager.pid" "$dir/alertmanager.log"
  await_monitor Prometheus "$prometheus" "$dir/prometheus.pid" "$dir/prometheus.log"
  # What happens before it has asked for the first time it cannot see.
  wait_until 60 has_asked "$prometheus" $# || fail "Prometheus does not reach all $# services; its words: $dir/prometheus.log"
}

# has_asked PORT SERVICES
has_asked() {
  [[ $(curl -fsS -m 2 --data-urlencode 'query=count(up{job="sluice"} == 1)' "http://127.0.0.1:$1/api/v1/query" |
    jq -r '.data.result[0].value[1]') == "$2" ]]
}

stop_all() {
  stop_daemon "$dir/mail.pid" KILL 10 || true
  stop_daemon "$dir/prometheus.pid" KILL 10 || true
  stop_daemon "$dir/alertmanager.pid" KILL 10 || true
}

case ${1:-} in
  start) start "${@:3}" ;;
  stop)
    stop_daemon "$dir/watch.pid" TERM 5 || true
    stop_all
    ;;
  watch)
    while [[ $(started_at "$3" || true) == "$4" ]]; do sleep 1; done
    rm -f "$dir/watch.pid"
    stop_all
    ;;
  *) usage_error "monitor.sh start|stop DIR …" ;;
esac
