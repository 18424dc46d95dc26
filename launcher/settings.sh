# shellcheck shell=bash disable=SC2034
# The variables a user may set, and every path and port that follows from them.

# absolute PATH: without asking that it exists.
absolute() { readlink -m -- "$1"; }

read_settings() {
  home=$(absolute "${SLUICE_HOME:-$root/.sluice}")
  cache=$(absolute "${SLUICE_CACHE:-$root/.cache}")
  # Tests run from any build; a user has one.
  build=${SLUICE_BUILD_DIR:-$root/build}
  bin="$build/bin"
  logs="$home/logs"
  run="$home/run"

  # A home that runs is found on the ports it runs on, unless another base is asked for.
  port_base=${SLUICE_PORT_BASE:-}
  if [[ -z $port_base && -r $run/port-base ]] && something_runs; then port_base=$(<"$run/port-base"); fi
  port_base=${port_base:-8080}
  if ! [[ $port_base =~ ^[0-9]+$ ]] || ((port_base < 1024 || port_base > 65526)); then
    usage_error "SLUICE_PORT_BASE is \"$port_base\"; it must be a number from 1024 to 65526"
  fi
  api_port=$port_base
  ingest_port=$((port_base + 1))
  transform_port=$((port_base + 2))
  loader_port=$((port_base + 3))
  kafka_port=$((port_base + 4))
  kafka_controller_port=$((port_base + 5))
  postgres_port=$((port_base + 6))
  s3_port=$((port_base + 7))
  prometheus_port=$((port_base + 8))
  alertmanager_port=$((port_base + 9))

  local folder folders=()
  IFS=: read -r -a folders <<<"${SLUICE_DEFINITIONS:-$root/schemas}"
  definitions=
  for folder in "${folders[@]}"; do definitions+=${definitions:+:}$(absolute "$folder"); done

  postgres_password=${SLUICE_POSTGRES_PASSWORD:-sluice}
  if [[ -n ${SLUICE_POSTGRES_PASSWORD_FILE:-} ]]; then
    postgres_password=$(<"$SLUICE_POSTGRES_PASSWORD_FILE") ||
      fail "SLUICE_POSTGRES_PASSWORD_FILE names $SLUICE_POSTGRES_PASSWORD_FILE, which cannot be read"
  fi
  # Other keys for the local S3 server: the ones that AWS's own tools read.
  s3_key_id=${AWS_ACCESS_KEY_ID:-sluice}
  s3_secret=${AWS_SECRET_ACCESS_KEY:-sluice-secret}
  own_kafka=yes own_postgres=yes own_s3=yes
  [[ -n ${SLUICE_KAFKA_BROKERS:-} ]] && own_kafka=
  [[ -n ${SLUICE_POSTGRES_URL:-}${SLUICE_POSTGRES_URL_FILE:-} ]] && own_postgres=
  [[ -n ${SLUICE_S3_ENDPOINT:-} ]] && own_s3=
  return 0
}

readonly services=(ingest transform loader api)

port_of() {
  local name=$1_port
  echo "${!name}"
}

# make_home: the folders of a home. What users put files into exists from the first moment.
make_home() {
  mkdir -p "$home"/data/{in,out,archive,failed} "$logs" "$run" "$cache" 2>/dev/null ||
    fail "cannot write in $home: set SLUICE_HOME to a folder of yours (or free space, if the disk is full)"
}

# lock_home: one command at a time changes what runs in a home. The lock ends with this process: every
# process that outlives it is started without the lock's descriptor (see start_daemon).
lock_home() {
  exec {lock_fd}>"$run/lock"
  flock -n "$lock_fd" && return
  progress "another ./sluice is at work in $home; waiting for it"
  flock -w 900 "$lock_fd" || fail "another ./sluice has been at work in $home for 15 minutes; end it first"
}
