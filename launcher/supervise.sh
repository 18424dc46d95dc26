#!/usr/bin/env bash
# Keeps one service or server running: starts it again when it ends, after a pause that grows from 0.2 to 10
# seconds: a broker whose disk was full, say, goes on when there is space. Not after exit code 0 (it was asked to
# stop), and of a service not after 2 (it cannot understand its configuration) or 3 (going on would be unsafe, a
# person must look): starting again would change nothing. A server's codes mean something else: a broker without
# memory ends with 3.
#
#   [SUPERVISE_FINAL="0"] supervise.sh SERVICE RUN_DIR LOG COMMAND…    after which codes it is left alone; "0 2 3"
#
# SIGTERM and SIGINT are handed on as they come.
set -uo pipefail
# shellcheck source=launcher/processes.sh
source "$(dirname "${BASH_SOURCE[0]}")/processes.sh"

service=$1 run=$2 log=$3
shift 3
final=${SUPERVISE_FINAL:-0 2 3}
unset SUPERVISE_FINAL

say() { printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$service" "$*"; }

# Seconds as tenths: bash counts in whole numbers.
readonly first_pause=2 longest_pause=100 healthy_after=30
# A log that grew past this is set aside at the service's next start.
readonly largest_log=$((64 * 1024 * 1024))

child='' stopping='' interrupted=''
forward() {
  stopping=$1 interrupted=yes
  [[ -z $child ]] || kill "-$1" "$child" 2>/dev/null
}
trap 'forward TERM' TERM
trap 'forward INT' INT

pause=$first_pause
rm -f "$run/$service.ended"
while [[ -z $stopping ]]; do
  if (($(stat -c %s "$log" 2>/dev/null || echo 0) > largest_log)); then mv -f "$log" "$log.1"; fi
  began=$SECONDS
  "$@" </dev/null >>"$log" 2>&1 &
  child=$!
  write_pid_file "$run/$service.pid" "$child"
  [[ -z $stopping ]] || kill "-$stopping" "$child" 2>/dev/null
  # A signal to us interrupts `wait`; the service's own exit code comes from the one that was not.
  while true; do
    interrupted='' code=0
    wait "$child" || code=$?
    [[ -n $interrupted ]] || break
  done
  child=
  rm -f "$run/$service.pid"
  if [[ " $final " == *" $code "* ]]; then
    if [[ -n $stopping ]]; then say "stopped"; else say "ended with code $code; it is not started again"; fi
    [[ -n $stopping ]] || echo "$code" >"$run/$service.ended"
    break
  fi
  [[ -z $stopping ]] || break
  ((SECONDS - began < healthy_after)) || pause=$first_pause
  say "ended with code $code; it is started again in $((pause / 10)).$((pause % 10)) s"
  sleep "$((pause / 10)).$((pause % 10))" &
  wait $!
  pause=$((pause * 2 > longest_pause ? longest_pause : pause * 2))
done
rm -f "$run/$service.supervisor.pid"
