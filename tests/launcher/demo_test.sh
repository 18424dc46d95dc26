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

ten_free() {
  local port
  for port in $(seq "$1" $(($1 + 9))); do ! port_taken "$port" || return; done
}
while true; do
  SLUICE_PORT_BASE=$(free_port)
  ! ten_free "$SLUICE_PORT_BASE" || break
done
export SLUICE_PORT_BASE

# Every report of the samples, behind the data set it is of.
reports='
bookings monthly_restaurants_report bookings_by_country bookings_by_calendar_month monthly_amount_per_guest
orders orders_monthly orders_weekly days_between_orders_weekly baskets_by_customer_type_monthly
baskets basket_sizes basket_items basket_pairs
consent_events metrics
track_events events_by_weather
movies movie_report movie_returns top_genres top_production_companies'

api() { curl -fsS "http://127.0.0.1:$SLUICE_PORT_BASE$1" "${@:2}"; }
csv_of() { api "/v1/reports/$1?limit=10000" -H 'Accept: text/csv'; }
samples_of() { find "$SLUICE_HOME/samples/$1" -type f | LC_ALL=C sort; }

# each_report COMMAND: calls it with data set and report.
each_report() {
  local line dataset report
  while read -r -a line; do
    dataset=${line[0]:-}
    for report in "${line[@]:1}"; do "$1" "$dataset" "$report"; done
  done <<<"$reports"
}

# A batch job that shares no code with the product, over the same files.
expect_as_the_oracle_says() {
  local files other=()
  mapfile -t files < <(samples_of "$1")
  case $1 in
    movies) mapfile -t other < <(echo --other && samples_of wiki_pages) ;;
    track_events) mapfile -t other < <(echo --other && samples_of weather) ;;
  esac
  csv_of "$2" >"$scratch/report.csv"
  run python3 "$root/tests/oracle/oracle.py" "$1" "$2" --equals "$scratch/report.csv" "${files[@]}" "${other[@]}"
  expect_code 0 "$2 is not what the oracle says"
}

keep() { csv_of "$2" >"$scratch/$2.csv"; }
expect_as_kept() { csv_of "$2" | cmp -s - "$scratch/$2.csv" || wrong "the report $2 changed"; }

run "$root/sluice" demo
expect_code 0 "demo"
expect_said "The Crown & Anchor"
expect_said "bookings-sample-1.csv"
expect_said "16 of 16 files settled"
expect_said "every receipt balances"
expect_said "http://127.0.0.1:$SLUICE_PORT_BASE/"
expect_said "$SLUICE_HOME/data/in"
demo_said=$said
expect_head() {
  said=$demo_said
  expect_said $'\n\n'"$2"$'\n'
}
each_report expect_head
said=$demo_said
if ((code != 0)); then
  show_logs
  finish
fi
expect_file "$SLUICE_HOME/data/archive/bookings-sample-1.csv"
expect_file "$SLUICE_HOME/data/out/monthly_restaurants_report.csv"
said=$(api '/v1/files?state=done' | jq -r '.files | map(.source) | unique | join(" ")')
[[ $said == "folder s3 upload" ]] || wrong "the samples did not come by the folder, the bucket and uploads"
each_report expect_as_the_oracle_says
each_report keep

# The command line on what is there: the list of reports, and a whole report, of which a table shows the beginning.
run "$root/sluice" report
expect_code 0 "the list of reports"
for report in monthly_restaurants_report top_genres; do expect_said "$report"; done
"$root/sluice" report monthly_restaurants_report --csv >"$scratch/report.csv" || wrong "report --csv failed"
csv_of monthly_restaurants_report | cmp -s - "$scratch/report.csv" || wrong "report --csv is not the report"
run "$root/sluice" dead-letters --dataset bookings
expect_code 0 "dead letters"
expect_said "is not a date like"
run "$root/sluice" files --dataset nope
expect_code 1 "files of no data set"
expect_said 'there is no dataset "nope"; there are baskets, bookings'

# The same files again change nothing.
run "$root/sluice" demo
expect_code 0 "demo again"
expect_said "16 of 16 files settled"
said=$(api '/v1/files?state=duplicate' | jq '.files | length')
[[ $said == 16 ]] || wrong "not every file of the second demo was recognised"
each_report expect_as_kept

# kill -9 of a service, of the broker, the database and the S3 server: each is back by itself.
ready() { "$root/sluice" status >/dev/null 2>&1; }
# is_another NAME: its process is not the one that was killed, and lives.
is_another() {
  local pid
  read -r pid _ 2>/dev/null <"$SLUICE_HOME/run/$1.pid" && [[ $pid != "${killed[$1]}" ]] && kill -0 "$pid" 2>/dev/null
}
declare -A killed
for name in loader kafka postgres s3; do
  read -r pid _ <"$SLUICE_HOME/run/$name.pid"
  killed[$name]=$pid
  kill -KILL "$pid"
done
for name in loader kafka postgres s3; do
  eventually 30 is_another "$name" || wrong "after kill -9 $name was not started again"
done
eventually 90 ready || wrong "after kill -9 of loader, kafka, postgres and s3 not everything was ready again: $("$root/sluice" status)"
each_report expect_as_kept

# Nobody reads a secret in the list of processes.
for file in "$SLUICE_HOME"/run/*.pid; do
  read -r pid _ <"$file"
  said=$(tr '\0' ' ' <"/proc/$pid/cmdline")
  expect_not_said sluice-secret
done

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

# With Prometheus, which finds all four, and Alertmanager. A setting of theirs is none of the services'.
SLUICE_ALERT_WEBHOOK=http://127.0.0.1:9/ run "$root/sluice" up --monitoring
expect_code 0 "up --monitoring after down"
expect_said "Prometheus       http://127.0.0.1:$((SLUICE_PORT_BASE + 8))/"
each_report expect_as_kept
prometheus_sees_all() {
  [[ $(curl -fsS "http://127.0.0.1:$((SLUICE_PORT_BASE + 8))/api/v1/targets" |
    jq -r '[.data.activeTargets[] | select(.health == "up") | .labels.component] | sort | join(" ")') == "api ingest loader transform" ]]
}
eventually 30 prometheus_sees_all || wrong "Prometheus does not see all four services"
said=$(curl -fsS "http://127.0.0.1:$((SLUICE_PORT_BASE + 8))/api/v1/rules")
expect_said SluiceServiceDown
said=$(curl -fsS "http://127.0.0.1:$((SLUICE_PORT_BASE + 9))/api/v2/status")
expect_said "http://127.0.0.1:9/"
run "$root/sluice" status
expect_code 0 "status with monitoring"
expect_said alertmanager
run "$root/sluice" down
expect_code 0 "down with monitoring"
expect_said "stopping Prometheus"
run "$root/sluice" up
expect_code 0 "up without monitoring"
expect_not_said Prometheus
run "$root/sluice" demo
expect_code 0 "demo after down and up"
each_report expect_as_kept
((failures == 0)) || show_logs

run "$root/sluice" clean --yes
expect_code 0 "clean"
expect_no_file "$SLUICE_HOME"

# Somebody's own folder: one of the shipped definitions, one that lacks the data set it looks up, and one that
# has the name of a shipped one and is of other files.
export SLUICE_DEFINITIONS=$scratch/own
mkdir "$SLUICE_DEFINITIONS"
cp "$root/schemas/orders.yaml" "$root/schemas/track_events.yaml" "$SLUICE_DEFINITIONS"
cat >"$SLUICE_DEFINITIONS/baskets.yaml" <<'YAML'
dataset: baskets
source: { files: "weaving*.csv" }
format: csv
key: basket
fields: { basket: { type: string, required: true } }
records: { postgres: {} }
YAML
run "$root/sluice" demo
expect_code 0 "demo with own definitions"
expect_said 'no definition in these folders makes a dataset "weather"'
expect_said "the definition baskets is of other files than the sample"
expect_said "3 of 3 files settled"
expect_said "orders_weekly"
run "$root/sluice" clean --yes
expect_code 0 "clean of the second home"
finish
