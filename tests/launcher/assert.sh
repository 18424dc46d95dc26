# shellcheck shell=bash disable=SC2034
# What the launcher's tests share: a scratch folder, a run of a command with its words and exit code kept,
# and checks that say what was seen.
set -uo pipefail

root=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../..")
scratch=$(mktemp -d)
failures=0
cleanup() { rm -rf "$scratch"; }
trap cleanup EXIT

# Nothing a developer has set may change what is tested.
for variable in $(compgen -e SLUICE_); do
  [[ $variable == SLUICE_CACHE ]] || unset "$variable"
done
export SLUICE_HOME=$scratch/home

# run COMMAND…: its words (both streams) in $said, its exit code in $code.
run() {
  code=0
  said=$("$@" 2>&1 </dev/null) || code=$?
}

wrong() {
  printf 'WRONG: %s\n' "$*"
  [[ -z ${said:-} ]] || printf '%s\n' "$said" | sed 's/^/    it said: /'
  failures=$((failures + 1))
}
expect_code() { ((code == $1)) || wrong "exit code $code instead of $1 ($2)"; }
expect_said() { [[ $said == *"$1"* ]] || wrong "it did not say \"$1\""; }
expect_not_said() { [[ $said != *"$1"* ]] || wrong "it said \"$1\""; }
expect_file() { [[ -e $1 ]] || wrong "there is no $1"; }
expect_no_file() { [[ ! -e $1 ]] || wrong "there is $1"; }

# eventually SECONDS COMMAND…
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}

# listen: a process of this test that listens on a port nobody had; sets $port and $listener.
listen() {
  perl -MIO::Socket::INET -e '
    $| = 1;
    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => $ARGV[0]) or die "no port";
    print $s->sockport, "\n"; sleep 60' "${1:-0}" >"$scratch/port" &
  listener=$!
  eventually 10 test -s "$scratch/port" || wrong "nobody listens"
  port=$(<"$scratch/port")
}

finish() {
  ((failures == 0)) || printf '%d wrong\n' "$failures"
  exit "$((failures > 0))"
}
