# shellcheck shell=bash
# Prometheus and Alertmanager of a home, loopback only, with Sluice's own rules. Every function takes the folder it
# works in, so that the launcher and the tests run them the same way.

# install_monitoring: Debian's own. They would start as services of the system, on ports of others and at each boot; so
# their units are masked before they come (systemctl unmask gives them back). Who has them already keeps them as they are.
install_monitoring() {
  local missing
  mapfile -t missing < <(missing_packages monitoring-packages)
  ((${#missing[@]} > 0)) || return 0
  require_root "${missing[@]}"
  as_root sh -c 'mkdir -p /etc/systemd/system && cd /etc/systemd/system &&
    for name; do [ -e "$name.service" ] || ln -sf /dev/null "$name.service"; done' sh "${missing[@]}" ||
    warn "the system's own services could not be masked; they may start: ${missing[*]}"
  install_packages monitoring-packages
}

# configure_prometheus DIR RULES ALERTMANAGER_PORT SCRAPE EVALUATION SERVICE=PORT…
# RULES: file names, may hold a *; SCRAPE, EVALUATION: how often, 5s
configure_prometheus() {
  local dir=$1 rules=$2 alertmanager=$3 scrape=$4 evaluation=$5 target
  shift 5
  mkdir -p "$dir" || fail "cannot write in $dir: is the disk full?"
  {
    cat <<YAML
global: { scrape_interval: $scrape, scrape_timeout: $scrape, evaluation_interval: $evaluation }
rule_files: ["$rules"]
alerting:
  alertmanagers:
    - static_configs: [{ targets: ["127.0.0.1:$alertmanager"] }]
scrape_configs:
  - job_name: sluice
YAML
    # Where the services show their metrics to holders of a token only.
    if [[ -n ${SLUICE_TOKEN:-}${SLUICE_TOKEN_FILE:-} ]]; then
      (umask 077 && printf '%s' "${SLUICE_TOKEN:-$(head -n 1 "$SLUICE_TOKEN_FILE")}" >"$dir/token")
      echo "    authorization: { credentials_file: \"$dir/token\" }"
    fi
    echo "    static_configs:"
    for target; do
      echo "      - { targets: [\"127.0.0.1:${target#*=}\"], labels: { component: ${target%=*} } }"
    done
  } >"$dir/prometheus.yml"
}

# configure_alertmanager DIR: by the environment, SLUICE_ALERT_*.
configure_alertmanager() {
  mkdir -p "$1" || fail "cannot write in $1: is the disk full?"
  (umask 077 && "$root/monitoring/alertmanager/configure.sh" >"$1/alertmanager.yml") ||
    fail "the settings SLUICE_ALERT_… make no configuration; monitoring/alertmanager/configure.sh tells what each is"
  amtool check-config "$1/alertmanager.yml" >"$1/check.log" 2>&1 && return
  show_end "$1/check.log" 3
  fail "the settings SLUICE_ALERT_… make no configuration that Alertmanager takes"
}

# start_prometheus DIR PORT LOG PID_FILE
start_prometheus() {
  start_daemon "$4" "$3" prometheus --config.file="$1/prometheus.yml" --storage.tsdb.path="$1/data" \
    --storage.tsdb.retention.time=7d --web.listen-address="127.0.0.1:$2"
}

# start_alertmanager DIR PORT LOG PID_FILE: alone, so it listens for no others.
start_alertmanager() {
  start_daemon "$4" "$3" prometheus-alertmanager --config.file="$1/alertmanager.yml" --storage.path="$1/data" \
    --web.listen-address="127.0.0.1:$2" --cluster.listen-address=
}

monitor_ready() { curl -fsS -o /dev/null -m 2 "http://127.0.0.1:$1/-/ready" 2>/dev/null; }

# await_monitor NAME PORT PID_FILE LOG
await_monitor() {
  local deadline=$((SECONDS + 60))
  until monitor_ready "$2"; do
    if ended "$3"; then
      show_end "$4" 5
      fail "$1 ended while starting; its words: $4"
    fi
    ((SECONDS < deadline)) || fail "$1 did not answer on port $2 within 60 s; its words: $4"
    sleep 0.1
  done
}

require_monitoring_ports() {
  ! ended "$run/prometheus.pid" || require_port "$prometheus_port" "Prometheus"
  ! ended "$run/alertmanager.pid" || require_port "$alertmanager_port" "Alertmanager"
}

start_monitoring() {
  local name targets=()
  for name in "${services[@]}"; do targets+=("$name=$(port_of "$name")"); done
  if ended "$run/alertmanager.pid"; then
    progress "starting Alertmanager on port $alertmanager_port"
    configure_alertmanager "$home/monitoring/alertmanager"
    start_alertmanager "$home/monitoring/alertmanager" "$alertmanager_port" "$logs/alertmanager.log" "$run/alertmanager.pid"
  fi
  if ended "$run/prometheus.pid"; then
    progress "starting Prometheus on port $prometheus_port"
    configure_prometheus "$home/monitoring/prometheus" "$root/monitoring/prometheus/rules/*.yml" "$alertmanager_port" \
      5s 15s "${targets[@]}"
    start_prometheus "$home/monitoring/prometheus" "$prometheus_port" "$logs/prometheus.log" "$run/prometheus.pid"
  fi
  await_monitor Alertmanager "$alertmanager_port" "$run/alertmanager.pid" "$logs/alertmanager.log"
  await_monitor Prometheus "$prometheus_port" "$run/prometheus.pid" "$logs/prometheus.log"
}

stop_monitoring() {
  local name
  for name in prometheus alertmanager; do
    ended "$run/$name.pid" || progress "stopping ${name^}"
    stop_daemon "$run/$name.pid" TERM 30 || warn "${name^} did not stop in time and was killed"
  done
}

# Those that run, or were started and ended by themselves.
monitoring_is_wanted() { [[ -e $run/prometheus.pid || -e $run/alertmanager.pid ]]; }
