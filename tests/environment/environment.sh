#!/usr/bin/env bash
# The broker, the database and the S3 server that tests run against: real ones, on free ports, in a folder of their own.
#
#   environment.sh start DIR [OWNER_PID]   starts all and writes DIR/environment.env; they end with OWNER_PID
#                                          (the caller, if not given), whatever becomes of it
#   environment.sh stop DIR                ends all and removes their state
#   environment.sh kill DIR kafka|postgres|s3    kill -9
#   environment.sh revive DIR kafka|postgres|s3  starts what was killed, on the same port with the same state
#   environment.sh freeze DIR kafka|s3     stands still, as on a machine that has no time for it
#   environment.sh thaw DIR kafka|s3       and goes on
#
# Below ctest it is the fixture `environment`: one of each for all tests of a run. Tests
# keep apart by topic prefixes and databases of their own (tests/support/environment.h).
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(readlink -f "$(dirname "$self")/../..")
for part in say settings processes ports wheels kafka postgres s3; do
  # shellcheck source=/dev/null
  source "$root/launcher/$part.sh"
done
read_settings

dir=$(absolute "${2:?the folder of the environment is missing}")
readonly env_file=$dir/environment.env

# A run on a fast disk or a slow one should take the same time: what is written survives kill -9 of the
# database (the system has it), and only a power cut would lose it.
readonly test_postgres_settings=(fsync=off)

choose_ports() {
  kafka=$(free_port) controller=$(free_port) upstream=$(free_port) proxy=$(free_port) postgres=$(free_port)
  s3=$(free_port) s3_tls=$(free_port)
  cat >"$dir/ports" <<PORTS
kafka=$kafka controller=$controller upstream=$upstream proxy=$proxy postgres=$postgres s3=$s3 s3_tls=$s3_tls
PORTS
}

read_ports() {
  # shellcheck source=/dev/null
  source "$dir/ports"
}

# Keys that may do everything, and keys that may list and write but not read.
make_identities() {
  mkdir -p "$dir/s3"
  cat >"$dir/s3/identities.json" <<JSON
{"identities": [
  {"name": "sluice", "credentials": [{"accessKey": "sluice", "secretKey": "sluice-secret"}], "actions": ["Admin"]},
  {"name": "lister", "credentials": [{"accessKey": "lister", "secretKey": "lister-secret"}],
   "actions": ["List:$s3_bucket", "Write:$s3_bucket"]}]}
JSON
}

# An authority that nobody else knows, and the S3 server's certificate by it.
make_certificates() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  mkdir -p "$dir/tls"
  (
    cd "$dir/tls"
    echo 'subjectAltName=DNS:s3.localhost,DNS:*.s3.localhost,IP:127.0.0.1' >names
    openssl req -x509 "${key[@]}" -days 7 -subj '/CN=authority of the tests' -keyout ca.key -out ca.pem
    openssl req -new "${key[@]}" -subj '/CN=s3.localhost' -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 7 -extfile names -out server.pem
  ) >"$dir/tls.log" 2>&1 || {
    show_end "$dir/tls.log" 5
    fail "openssl made no certificates in $dir/tls"
  }
}

revive() {
  local try
  case $1 in
    kafka)
      start_kafka "$dir/kafka" "$dir/kafka.log" "$dir/kafka.pid"
      ;;
    s3)
      # The same buckets by TLS, and by host names: whatever.s3.localhost is this machine everywhere.
      start_s3 "$dir/s3" "$s3" "$dir/s3.log" "$dir/s3.pid" sluice sluice-secret -s3.domainName=s3.localhost \
        -s3.config="$dir/s3/identities.json" -s3.port.https="$s3_tls" -s3.cert.file="$dir/tls/server.pem" -s3.key.file="$dir/tls/server.key"
      ;;
    postgres)
      # After kill -9 the database's other processes need a moment to see it and end.
      for try in {1..50}; do
        start_postgres "$postgres_home" "$postgres" "$dir/postgres.log" "$dir/postgres.pid" "${test_postgres_settings[@]}"
        wait_until 10 database_answers_or_ended || true
        ended "$dir/postgres.pid" || return 0
        sleep 0.1
      done
      show_end "$dir/postgres.log" 15
      fail "PostgreSQL did not come back in $try tries"
      ;;
  esac
}

database_answers_or_ended() {
  ended "$dir/postgres.pid" || "$postgres_bin/pg_isready" -q -h 127.0.0.1 -p "$postgres" -U sluice -d sluice
}

await() {
  case $1 in
    kafka) await_kafka "$kafka" "$dir/kafka.pid" "$dir/kafka.log" ;;
    s3) await_s3 "$s3" sluice sluice-secret "$dir/s3.pid" "$dir/s3.log" ;;
    postgres) await_postgres "$postgres" sluice "$dir/postgres.pid" "$dir/postgres.log" ;;
  esac
}

# Another run may take a port between the look whether it is free and the server's own start: then all begin anew.
start() {
  local try
  for try in 1 2; do
    # In a process of its own: what fails in there ends it, which it would not in a condition of this one.
    if "$self" start-once "$dir" "$1"; then return; fi
    stop
  done
  start_once "$1"
}

start_once() {
  local owner=$1
  stop
  mkdir -p "$dir"
  install_kafka "$dir"
  install_seaweedfs "$dir"
  choose_ports
  configure_kafka "$dir/kafka" "$kafka" "$controller" "$upstream" "$proxy"
  postgres_home=$(postgres_dir "$dir/postgres")
  make_certificates
  make_identities
  revive kafka
  revive s3
  init_postgres "$postgres_home" "$dir/postgres-init.log" sluice
  revive postgres
  # Whatever ends the owner, no server outlives it.
  start_daemon "$dir/watch.pid" "$dir/watch.log" "$self" watch "$dir" "$owner" "$(started_at "$owner")"
  await postgres
  await kafka
  await s3
  cat >"$env_file" <<ENV
SLUICE_TEST_KAFKA=127.0.0.1:$kafka
SLUICE_TEST_KAFKA_PROXIED=127.0.0.1:$proxy
SLUICE_TEST_KAFKA_PROXY_UPSTREAM=127.0.0.1:$upstream
SLUICE_TEST_POSTGRES=postgresql://sluice:sluice@127.0.0.1:$postgres/sluice
SLUICE_TEST_S3=http://127.0.0.1:$s3
SLUICE_TEST_S3_TLS=https://127.0.0.1:$s3_tls
SLUICE_TEST_S3_CA=$dir/tls/ca.pem
ENV
}

stop() {
  [[ -d $dir ]] || return 0
  stop_daemon "$dir/watch.pid" TERM 5 || true
  end_servers
  rm -rf "$(readlink -m "$dir/postgres")" "$dir/postgres" "$dir/kafka" "$dir/s3" "$dir/tls" "$env_file" "$dir/ports" "$dir"/*.log
}

end_servers() {
  # Nothing in it is worth keeping: the quickest way is good enough.
  stop_daemon "$dir/kafka.pid" KILL 10 || true
  stop_daemon "$dir/s3.pid" KILL 10 || true
  stop_daemon "$dir/postgres.pid" QUIT 20 || true
}

watch() {
  local owner=$1 start=$2
  while [[ $(started_at "$owner" || true) == "$start" ]]; do sleep 1; done
  rm -f "$dir/watch.pid"
  stop
}

case ${1:-} in
  start) start "${3:-$PPID}" ;;
  start-once) start_once "$3" ;;
  stop) stop ;;
  watch) watch "$3" "$4" ;;
  kill)
    pid=$(living_pid "$dir/$3.pid") || fail "$3 does not run"
    kill -KILL "$pid"
    wait_until 10 ended "$dir/$3.pid"
    ;;
  freeze | thaw)
    pid=$(living_pid "$dir/$3.pid") || fail "$3 does not run"
    if [[ $1 == freeze ]]; then kill -STOP "$pid"; else kill -CONT "$pid"; fi
    ;;
  revive)
    read_ports
    postgres_home=$(postgres_dir "$dir/postgres")
    revive "$3"
    await "$3"
    ;;
  *) usage_error "environment.sh start|stop|kill|revive|freeze|thaw DIR …" ;;
esac
