#!/usr/bin/env bash
# The S3 client's tests on another server, for servers differ: versitygw, built from its pinned Go module.
# Optional, for it needs Go 1.25 or later, and some minutes the first time. Real signature checks, path style
# and virtual hosts.
#
#   other_s3.sh [GTEST_OPTION…]
#
# With SLUICE_TEST_S3 set it is the server at that URL, whichever it is: with the bucket "landing" and the keys
# "sluice" / "sluice-secret", by path alone.
set -euo pipefail

self=$(readlink -f "${BASH_SOURCE[0]}")
root=$(readlink -f "$(dirname "$self")/../..")
for part in say settings processes ports; do
  # shellcheck source=/dev/null
  source "$root/launcher/$part.sh"
done
read_settings

# Go checks it, and all it is made of, against its checksum database.
readonly module=github.com/versity/versitygw version=v1.8.0
readonly gateway=$cache/versitygw-$version/versitygw

install_versitygw() {
  [[ ! -x $gateway ]] || return 0
  command -v go >/dev/null || fail "versitygw is built from source, and there is no Go here"
  mkdir -p "$(dirname "$gateway")"
  progress "building versitygw $version (some minutes)"
  GOBIN=$(dirname "$gateway") go install "$module/cmd/versitygw@$version"
}

answers() { curl -s -o /dev/null -m 5 "$SLUICE_TEST_S3"; }

dir=$(mktemp -d)
finish() {
  stop_daemon "$dir/s3.pid" KILL 10 || true
  rm -rf "$dir"
}
trap finish EXIT

tests='*/Path:*/VirtualHost'
if [[ -z ${SLUICE_TEST_S3:-} ]]; then
  install_versitygw
  port=$(free_port)
  export SLUICE_TEST_S3=http://127.0.0.1:$port
  mkdir -p "$dir/data/landing"
  start_daemon "$dir/s3.pid" "$dir/s3.log" env ROOT_ACCESS_KEY=sluice ROOT_SECRET_KEY=sluice-secret \
    "$gateway" --port "127.0.0.1:$port" --virtual-domain s3.localhost posix "$dir/data"
  wait_until 20 answers || {
    show_end "$dir/s3.log" 10
    fail "versitygw did not answer on port $port within 20 s"
  }
else
  tests='*/Path'
fi
[[ -x $build/bin/s3_client_test ]] || fail "there is no $build/bin/s3_client_test yet: ./sluice test builds it"
"$build/bin/s3_client_test" --gtest_filter="$tests" "$@"
