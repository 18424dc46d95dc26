#!/usr/bin/env bash
# demo, status, down, up and clean on the real thing: demo_test.sh BUILD_DIR
source "$(dirname "$0")/assert.sh"
# shellcheck source=launcher/ports.sh
source "$root/launcher/ports.sh"
export SLUICE_BUILD_DIR=$1
# The database may run as a user of its own, who must be able to pass.
chmod 711 "$scratch"

cleanup() {
  "$root/sluice" clean --yes >/dev/null 2>&1
  rm -rf "$scratch"
}
show_logs() {
  local log
  for log in "$SLUICE_HOME"/logs/{ingest,transform,loader,api,kafka,postgres,s3,supervisor}.log; do
    printf -- '--- %s\n' "$log"
    tail -n 20 "$log" 2>/dev/null
  done
}

eight_free() {
  local port
  for port in $(seq "$1" $(($1 + 7))); do ! port_taken "$port" || return; done
}
while true; do
  SLUICE_PORT_BASE=$(free_port)
  ! eight_free "$SLUICE_PORT_BASE" || break
done
export SLUICE_PORT_BASE

run "$root/sluice" demo
expect_code 0 "demo"
expect_said "monthly_restaurants_report"
expect_said "The Crown & Anchor"
expect_said "bookings-sample-1.csv"
expect_said "http://127.0.0.1:$SLUICE_PORT_BASE/"
expect_said "$SLUICE_HOME/data/in"
if ((code != 0)); then
  show_logs
  finish
fi
expect_file "$SLUICE_HOME/data/archive/bookings-sample-1.csv"
expect_file "$SLUICE_HOME/data/out/monthly_restaurants_report.csv"
run "$root/sluice" report bookings_by_country --csv
first=$said

# The same files again change nothing.
run "$root/sluice" demo
expect_code 0 "demo again"
expect_said duplicate
run "$root/sluice" report bookings_by_country --csv
[[ $said == "$first" ]] || wrong "the second demo changed a report"

# kill -9 of a service: it is back by itself.
ready() { "$root/sluice" status >/dev/null 2>&1; }
read -r pid _ <"$SLUICE_HOME/run/loader.pid"
kill -KILL "$pid"
eventually 30 ready || wrong "after kill -9 the loader did not come back"
read -r again _ <"$SLUICE_HOME/run/loader.pid"
[[ $again != "$pid" ]] || wrong "the loader was not killed"

# On other ports this home is not started a second time.
SLUICE_PORT_BASE=$((SLUICE_PORT_BASE + 1)) run "$root/sluice" up
expect_code 1 "another base for a home that runs"
expect_said "runs with SLUICE_PORT_BASE=$SLUICE_PORT_BASE"

# Two at once: one waits for the other, both find everything up.
"$root/sluice" up >"$scratch/other" 2>&1 &
other=$!
run "$root/sluice" up
expect_code 0 "one of two up at once"
wait "$other" || wrong "the other of two up at once failed: $(tail -n 1 "$scratch/other")"

run "$root/sluice" down
expect_code 0 "down"
expect_not_said "was killed"
run "$root/sluice" status
expect_code 1 "status after down"
expect_not_said "running"

run "$root/sluice" up
expect_code 0 "up after down"
run "$root/sluice" report bookings_by_country --csv
[[ $said == "$first" ]] || wrong "a report is not what it was before down"
((failures == 0)) || show_logs

run "$root/sluice" clean --yes
expect_code 0 "clean"
expect_no_file "$SLUICE_HOME"
finish
