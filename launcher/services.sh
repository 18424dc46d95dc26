# shellcheck shell=bash
# The four services of a home, each under a small supervisor (supervise.sh), as the servers are.

# url_encoded TEXT: for a password inside a URL.
url_encoded() {
  local text=$1 out='' i byte
  local LC_ALL=C
  for ((i = 0; i < ${#text}; i++)); do
    byte=${text:i:1}
    if [[ $byte == [A-Za-z0-9._~-] ]]; then
      out+=$byte
    else
      # A byte above 127 comes out negative.
      printf -v byte '%d' "'$byte"
      printf -v byte '%%%02X' $((byte & 255))
      out+=$byte
    fi
  done
  printf '%s' "$out"
}

kafka_address() { echo "${SLUICE_KAFKA_BROKERS:-127.0.0.1:$kafka_port}"; }

postgres_address() { echo "postgresql://sluice:$(url_encoded "$postgres_password")@127.0.0.1:$postgres_port/sluice"; }

# start_service NAME
start_service() {
  local name=$1
  ended "$run/$name.supervisor.pid" || return 0
  # A service whose supervisor was killed: it runs, but nobody would start it again.
  stop_daemon "$run/$name.pid" TERM 25 || true
  require_port "$(port_of "$name")" "the service $name"
  (
    # What only the launcher reads is not handed on; everything else a user set is.
    unset "${!SLUICE_ALERT_@}" SLUICE_BUILD_DIR SLUICE_CACHE SLUICE_POSTGRES_PASSWORD SLUICE_POSTGRES_PASSWORD_FILE SLUICE_TOKEN SLUICE_TOKEN_FILE
    export SLUICE_HOME=$home SLUICE_PORT_BASE=$port_base SLUICE_DEFINITIONS=$definitions
    SLUICE_HTTP_PORT=$(port_of "$name")
    SLUICE_KAFKA_BROKERS=$(kafka_address)
    export SLUICE_HTTP_PORT SLUICE_KAFKA_BROKERS SLUICE_INSTANCE_ID=${SLUICE_INSTANCE_ID:-local}
    if [[ -n $own_s3 ]]; then
      SLUICE_S3_ENDPOINT=$(s3_address)
      export SLUICE_S3_ENDPOINT SLUICE_S3_BUCKET=${SLUICE_S3_BUCKET:-$s3_bucket}
      export AWS_ACCESS_KEY_ID=$s3_key_id AWS_SECRET_ACCESS_KEY=$s3_secret
    fi
    if [[ -n $own_postgres ]]; then
      SLUICE_POSTGRES_URL=$(postgres_address)
      export SLUICE_POSTGRES_URL
    fi
    start_supervised "$run/$name.pid" "$logs/$name.log" "$bin/sluice-$name"
  ) || exit 1
}

service_ready() { curl -fsS -o /dev/null -m 2 "http://127.0.0.1:$(port_of "$1")/readyz" 2>/dev/null; }

# reasons_of NAME: why it is not ready, a line each.
reasons_of() {
  "$bin/sluice-cli" running reasons "$(port_of "$1")" 2>/dev/null || say "it does not answer yet; its words: $logs/$1.log"
}

# await_service NAME DEADLINE (in seconds of this command)
await_service() {
  local name=$1 code said shown=$SECONDS
  until service_ready "$name"; do
    if [[ -f $run/$name.ended ]]; then
      code=$(<"$run/$name.ended")
      show_end "$logs/$name.log" 5
      case $code in
        2) fail "$name does not accept its configuration; its words: $logs/$name.log" ;;
        3) fail "$name stopped because going on would be unsafe; read $logs/$name.log before anything else" ;;
        *) fail "$name ended by itself; its words: $logs/$name.log" ;;
      esac
    fi
    if ((SECONDS >= $2)); then
      said=$(reasons_of "$name" | paste -sd ";")
      show_end "$logs/$name.log" 5
      fail "$name runs, but is not ready (it says: $said). It goes on trying: ./sluice status tells; its words: $logs/$name.log"
    fi
    if ((SECONDS - shown >= 10)); then
      shown=$SECONDS
      progress "    … $name: $(reasons_of "$name" | paste -sd ";")"
    fi
    sleep 0.1
  done
}

# stop_services: all are asked at once, then each is given the time to drain and commit.
stop_services() {
  local name pid clean=0
  for name in "${services[@]}"; do
    if pid=$(living_pid "$run/$name.supervisor.pid"); then kill -TERM "$pid" 2>/dev/null || true; fi
  done
  for name in "${services[@]}"; do
    stop_supervised "$run/$name.pid" TERM 30 || clean=1
  done
  return "$clean"
}
