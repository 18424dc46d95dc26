# shellcheck shell=bash
# What runs, where, since when, with how much memory, and how far behind.

uptime_of() {
  local start seconds
  start=$(started_at "$1") || return
  seconds=$(awk -v start="$start" -v hz="$(getconf CLK_TCK)" '{ printf "%d", $1 - start / hz }' /proc/uptime)
  printf '%d:%02d:%02d' $((seconds / 3600)) $((seconds / 60 % 60)) $((seconds % 60))
}

memory_of() { awk '/^VmRSS:/ { printf "%d MB", $2 / 1024 }' "/proc/$1/status" 2>/dev/null; }

# lag_of PORT: records that are there and not yet taken, over all topics; nothing if it does not say.
lag_of() {
  curl -fsS -m 2 "http://127.0.0.1:$1/metrics" 2>/dev/null |
    awk '/^sluice_consumer_lag_records[ {]/ { sum += $NF; seen = 1 } END { if (seen) printf "%d", sum }'
}

# status_row NAME PORT PID_FILE STATE [LAG]
status_row() {
  local pid
  if pid=$(living_pid "$3"); then
    printf '  %-12s %-22s %6s %8s %9s %9s %9s\n' "$1" "$4" "$2" "$pid" "$(uptime_of "$pid")" "$(memory_of "$pid")" "${5:-}"
  else
    printf '  %-12s %-22s %6s\n' "$1" "$4" "$2"
  fi
}

server_state() {
  if ! ended "$1"; then
    echo "running"
  elif nothing_keeps "$1"; then
    echo "down"
  else
    echo "being restarted"
  fi
}

service_state() {
  if [[ -f $run/$1.ended ]]; then
    case $(<"$run/$1.ended") in
      2) echo "bad configuration" ;;
      3) echo "stopped: unsafe" ;;
      *) echo "ended" ;;
    esac
  elif ended "$run/$1.supervisor.pid"; then
    ended "$run/$1.pid" && echo "down" || echo "running, unsupervised"
  elif ended "$run/$1.pid"; then
    echo "being restarted"
  elif service_ready "$1"; then
    echo "ready"
  else
    echo "not ready"
  fi
}

show_refused_definitions() {
  local refused
  refused=$(cli running definitions 2>/dev/null) && [[ -n $refused ]] || return 0
  say ""
  say "  definitions that are refused, or not in force as they stand:"
  sed 's/^/    /' <<<"$refused"
}

command_status() {
  no_arguments status "$@"
  require_same_ports
  local name port all=0 state
  printf '  %-12s %-22s %6s %8s %9s %9s %9s\n' "" "state" "port" "process" "up for" "memory" "lag"
  for name in "${services[@]}"; do
    port=$(port_of "$name")
    state=$(service_state "$name")
    [[ $state == ready ]] || all=1
    status_row "$name" "$port" "$run/$name.pid" "$state" "$(lag_of "$port")"
    [[ $state != "not ready" ]] || reasons_of "$name" | sed 's/^/             /'
  done
  if [[ -n $own_kafka ]]; then
    status_row kafka "$kafka_port" "$run/kafka.pid" "$(server_state "$run/kafka.pid")"
    ! ended "$run/kafka.pid" || all=1
  else
    say "  kafka        elsewhere: $SLUICE_KAFKA_BROKERS"
  fi
  if [[ -n $own_postgres ]]; then
    status_row postgres "$postgres_port" "$run/postgres.pid" "$(server_state "$run/postgres.pid")"
    ! ended "$run/postgres.pid" || all=1
  else
    say "  postgres     elsewhere (SLUICE_POSTGRES_URL)"
  fi
  if [[ -n $own_s3 ]]; then
    status_row s3 "$s3_port" "$run/s3.pid" "$(server_state "$run/s3.pid")"
    ! ended "$run/s3.pid" || all=1
  else
    say "  s3           elsewhere: $SLUICE_S3_ENDPOINT"
  fi
  if monitoring_is_wanted; then
    for name in prometheus alertmanager; do
      port=${name}_port
      status_row "$name" "${!port}" "$run/$name.pid" "$(server_state "$run/$name.pid")"
      ! ended "$run/$name.pid" || all=1
    done
  fi
  show_refused_definitions
  show_addresses
  something_runs || say "  nothing runs; start it: ./sluice up"
  # For scripts: 0 only if everything runs and is ready.
  return "$all"
}

log_names() {
  local file names=''
  for file in "$logs"/*.log; do
    file=${file##*/}
    names+=" ${file%.log}"
  done
  echo "${names# }"
}

command_logs() {
  local lines=40 follow=-F names=() files=() name
  while (($# > 0)); do
    case $1 in
      -n) lines=${2:?"-n needs a number of lines"} && shift ;;
      --no-follow) follow= ;;
      -*) usage_error "logs does not know $1; see ./sluice help logs" ;;
      *) names+=("$1") ;;
    esac
    shift
  done
  ((${#names[@]} > 0)) || names=("${services[@]}")
  for name in "${names[@]}"; do
    if [[ -f $logs/$name.log ]]; then
      files+=("$logs/$name.log")
    elif [[ " ${services[*]} kafka postgres s3 prometheus alertmanager supervisor " == *" $name "* ]]; then
      warn "$name has written nothing yet"
    else
      usage_error "there is no log $name; there are: $(log_names)"
    fi
  done
  ((${#files[@]} > 0)) || fail "there is nothing to show yet in $logs"
  exec tail -n "$lines" ${follow:+"$follow"} "${files[@]}"
}
