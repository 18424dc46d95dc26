# shellcheck shell=bash
# up and down: what runs in a home.

# prepare [TARGET…]: everything that must be there before something can run.
prepare() {
  require_space "$home" 1 "the state of a local run"
  install_packages
  [[ -z $own_kafka ]] || install_kafka "$logs"
  [[ -z $own_s3 ]] || install_seaweedfs "$logs"
  build_targets "$@"
}

# Said before anything is started, so that a taken port leaves nothing half up.
require_ports() {
  local name
  if [[ -n $own_kafka ]] && nothing_keeps "$run/kafka.pid"; then
    require_port "$kafka_port" "Kafka"
    require_port "$kafka_controller_port" "Kafka's controller"
  fi
  if [[ -n $own_postgres ]] && nothing_keeps "$run/postgres.pid"; then
    require_port "$postgres_port" "PostgreSQL"
  fi
  if [[ -n $own_s3 ]] && nothing_keeps "$run/s3.pid"; then
    require_port "$s3_port" "the S3 server"
  fi
  for name in "${services[@]}"; do
    if nothing_keeps "$run/$name.pid"; then
      require_port "$(port_of "$name")" "the service $name"
    fi
  done
}

# A home that runs on one set of ports is not started a second time on another.
require_same_ports() {
  local earlier
  [[ -r $run/port-base ]] && earlier=$(<"$run/port-base") || return 0
  [[ $earlier == "$port_base" ]] && return
  something_runs || return 0
  fail "this home runs with SLUICE_PORT_BASE=$earlier, not $port_base: use that, or stop it first with ./sluice down"
}

start_servers() {
  local postgres_home start_server=start_supervised_server
  if [[ -n $own_kafka ]] && nothing_keeps "$run/kafka.pid"; then
    progress "starting Kafka on port $kafka_port"
    configure_kafka "$home/kafka" "$kafka_port" "$kafka_controller_port"
    start_kafka "$home/kafka" "$logs/kafka.log" "$run/kafka.pid"
  fi
  if [[ -n $own_postgres ]] && nothing_keeps "$run/postgres.pid"; then
    progress "starting PostgreSQL on port $postgres_port"
    postgres_home=$(postgres_dir "$home/postgres") || fail "cannot make a folder for the database's files"
    init_postgres "$postgres_home" "$logs/postgres-init.log" "$postgres_password"
    start_postgres "$postgres_home" "$postgres_port" "$logs/postgres.log" "$run/postgres.pid"
  fi
  if [[ -n $own_s3 ]] && nothing_keeps "$run/s3.pid"; then
    progress "starting the S3 server on port $s3_port"
    start_s3 "$home/s3" "$s3_port" "$logs/s3.log" "$run/s3.pid" "$s3_key_id" "$s3_secret"
  fi
  [[ -z $own_postgres ]] || await_postgres "$postgres_port" "$postgres_password" "$run/postgres.pid" "$logs/postgres.log"
  [[ -z $own_kafka ]] || await_kafka "$kafka_port" "$run/kafka.pid" "$logs/kafka.log"
  [[ -z $own_s3 ]] || await_s3 "$s3_port" "$s3_key_id" "$s3_secret" "$run/s3.pid" "$logs/s3.log"
}

start_services() {
  local name deadline=$((SECONDS + 300))  # long on a machine that is busy; one that ends is seen at once
  progress "starting ${services[*]}"
  for name in "${services[@]}"; do start_service "$name"; done
  for name in "${services[@]}"; do await_service "$name" "$deadline"; done
}

# With ./sluice up --monitoring.
monitored=

up() {
  make_home
  lock_home
  require_same_ports
  # Before minutes of set-up, and once more after them.
  require_ports
  [[ -z $monitored ]] || require_monitoring_ports
  prepare "${service_targets[@]}"
  [[ -z $monitored ]] || install_monitoring
  require_ports
  echo "$port_base" >"$run/port-base"
  start_servers
  start_services
  [[ -z $monitored ]] || start_monitoring
  progress "everything is up"
}

command_up() {
  monitored=
  [[ ${1:-} == --monitoring ]] && monitored=yes && shift
  no_arguments up "$@"
  up
  show_addresses
}

show_addresses() {
  say ""
  say "  drop files in    $home/data/in"
  [[ -z $own_s3 ]] || say "  or as objects    s3://$s3_bucket/in/"
  say "  reports as CSV   $home/data/out"
  say "  the web page     http://127.0.0.1:$api_port/"
  say "  REST             http://127.0.0.1:$api_port/v1/reports    (described in http://127.0.0.1:$api_port/openapi.json)"
  [[ -z $own_postgres ]] || say "  PostgreSQL       $(postgres_address)"
  [[ -z $own_kafka ]] || say "  Kafka            $(kafka_address)"
  [[ -z $own_s3 ]] || say "  S3               $(s3_address)  (bucket $s3_bucket, path style, key $s3_key_id)"
  if ! ended "$run/prometheus.pid"; then say "  Prometheus       http://127.0.0.1:$prometheus_port/alerts"; fi
  if ! ended "$run/alertmanager.pid"; then say "  Alertmanager     http://127.0.0.1:$alertmanager_port/"; fi
  say "  definitions      $definitions"
  say ""
}

command_down() {
  stop_monitoring
  no_arguments down "$@"
  [[ -d $run ]] || {
    say "nothing runs in $home"
    return
  }
  lock_home
  if ! something_runs; then
    say "nothing runs in $home"
    return
  fi
  down
}

down() {
  progress "stopping ${services[*]} (they finish what they are at)"
  stop_services || warn "a service did not stop in time and was killed; nothing is lost by that"
  if ! nothing_keeps "$run/kafka.pid"; then
    progress "stopping Kafka"
    stop_supervised "$run/kafka.pid" TERM 30 || warn "Kafka did not stop in time and was killed"
  fi
  if ! nothing_keeps "$run/s3.pid"; then
    progress "stopping the S3 server"
    stop_supervised "$run/s3.pid" TERM 30 || warn "the S3 server did not stop in time and was killed"
  fi
  if ! nothing_keeps "$run/postgres.pid"; then
    progress "stopping PostgreSQL"
    stop_supervised "$run/postgres.pid" INT 30 || warn "PostgreSQL did not stop in time and was killed"
  fi
  progress "everything is down; the state is kept in $home"
}

command_clean() {
  local sure='' answer
  [[ ${1:-} == --yes ]] && sure=yes && shift
  no_arguments clean "$@"
  if [[ ! -d $home ]]; then
    say "there is nothing in $home"
    return
  fi
  # Never a folder that is not plainly a home of ours, whatever SLUICE_HOME says.
  [[ -d $run && -d $home/data/in ]] ||
    fail "$home does not look like a home of Sluice, so nothing was removed"
  if [[ -z $sure ]]; then
    [[ -t 0 ]] || fail "this removes all files, reports and logs in $home; say so with: ./sluice clean --yes"
    read -r -p "Remove all files, reports and logs in $home? [y/N] " answer
    [[ $answer == [yY]* ]] || fail "nothing was removed"
  fi
  lock_home
  ! something_runs || down
  # The database's files may lie elsewhere; then a link shows the way.
  if [[ -L $home/postgres ]]; then rm -rf "$(readlink -f "$home/postgres")"; fi
  rm -rf "$home"
  progress "$home is gone"
}
