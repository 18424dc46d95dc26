# shellcheck shell=bash
# Help: one text a command. What is not told here does not exist.

readonly commands=(demo test up down status logs clean check definitions doctor files report dead-letters export replay token help)

help_overview() {
  cat <<'TEXT'
Sluice: files in, live reports out, exactly once.

  ./sluice demo              all set-up, start everything, feed the samples, print the reports
  ./sluice test              all set-up, then every test

  ./sluice up [--monitoring] start everything, feed nothing
  ./sluice down              stop everything, keep the state
  ./sluice status            what runs, on which port, how far behind
  ./sluice logs [SERVICE]    follow logs
  ./sluice clean             remove all state
  ./sluice check             is everything there that a run needs?

  ./sluice definitions check [FILE…]   refuse what is wrong, with file, line and column
  ./sluice doctor FILE                 what would happen to a data file; needs no broker
  ./sluice files                       files and their receipts
  ./sluice report [NAME]               the rows of a report
  ./sluice dead-letters [show|retry …]  rows that could not become records
  ./sluice export [NAME]               write a report's exports now
  ./sluice replay [NAME]               rebuild reports from the records, compare, swap

  ./sluice token NAME --scopes SCOPES  make a token for the api

  ./sluice help COMMAND      more about one of them; so does ./sluice COMMAND --help

Variables: SLUICE_HOME (./.sluice), SLUICE_PORT_BASE (8080), SLUICE_DEFINITIONS (./schemas),
SLUICE_KAFKA_BROKERS, SLUICE_POSTGRES_URL and SLUICE_S3_ENDPOINT (where set, that one is used and none is
started).
TEXT
}

help_demo() {
  cat <<'TEXT'
./sluice demo

Does all set-up and the main job: installs missing Debian packages, fetches Apache Kafka, Apache Arrow and
SeaweedFS (pinned, checked), builds, starts Kafka, PostgreSQL, the S3 server and the four services, feeds
the sample files of every definition in SLUICE_DEFINITIONS that has one (copied to data/in, put in the bucket,
and sent to POST /v1/uploads), waits until every file's receipt balances, and prints the head of each report,
the receipts and the addresses. Exit 0 only then. Leaves everything running. Run again, it is quick, and the
samples are recognised. Samples of any size, for measuring: build/bin/sluice-samples --help
TEXT
}

help_test() {
  cat <<'TEXT'
./sluice test [CTEST ARGUMENTS]

Does all set-up (with clang, Chromium, Node.js, Playwright, axe and Helm), builds everything and runs the tests: those
without servers first, then the rest, among them some fuzzing of each parser. With
arguments ctest is called once with exactly these:
  ./sluice test -L unit            ./sluice test -R Decimal            ./sluice test -L e2e -V
Tests start a broker, a database and an S3 server of their own on free ports and never touch SLUICE_HOME.
TEXT
}

help_up() {
  cat <<'TEXT'
./sluice up [--monitoring]

Does all set-up and starts Kafka, PostgreSQL, the S3 server and the four services; returns when all are
ready. What runs already is left alone. A service or server that ends is started again. Two homes (SLUICE_HOME) with two port bases
(SLUICE_PORT_BASE) run side by side. Ports: api = base, ingest +1, transform +2, loader +3, Kafka +4 and +5,
PostgreSQL +6, S3 +7.
With --monitoring also Prometheus (+8), with the alerts of monitoring/, and Alertmanager (+9), Debian's own, kept from
starting as services of the system. They are left alone by a ./sluice up without it, and stopped by ./sluice down.
  SLUICE_ALERT_WEBHOOK       a URL that gets every alert
  SLUICE_ALERT_MAIL_TO       who gets mail of every critical alert; SLUICE_ALERT_SMTP, host:port, is the mail server
                             (all of them: monitoring/alertmanager/configure.sh)
  SLUICE_POSTGRES_PASSWORD   the password of a database that is made now (sluice)
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY   the S3 server's keys (sluice, sluice-secret)
TEXT
}

help_down() {
  cat <<'TEXT'
./sluice down

Stops Prometheus and Alertmanager where they run, the services (they drain and commit), then Kafka, the S3 server and
PostgreSQL. All state is kept;
./sluice up goes on where it was.
TEXT
}

help_status() {
  cat <<'TEXT'
./sluice status

What runs, with port, process, time since its start, memory and lag (records not yet taken), and the
addresses; why a service is not ready, and which definitions are refused or not in force. Exit 0 only if
everything runs and is ready.
TEXT
}

help_logs() {
  cat <<'TEXT'
./sluice logs [-n LINES] [--no-follow] [SERVICE…]

Follows the logs of all services, or of those named: ingest, transform, loader, api, kafka, postgres, s3,
prometheus, alertmanager, supervisor, and the steps of the set-up (packages, kafka-install, configure, build).
TEXT
}

help_clean() {
  cat <<'TEXT'
./sluice clean [--yes]

Stops everything and removes all state in SLUICE_HOME: files, broker, database, objects, logs. Asks first, unless --yes.
The build and the fetched packages stay.
TEXT
}

help_check() {
  cat <<'TEXT'
./sluice check

Tells what a run needs and whether it is there: system, packages, disk, ports, definitions. Changes nothing.
Exit 0 if nothing stands in the way.
TEXT
}

help_definitions() {
  cat <<'TEXT'
./sluice definitions check [FILE…]

Checks definition files (all in SLUICE_DEFINITIONS if none is named) and tells what is wrong with file, line
and column. Exit 0 if nothing is. Two that would take a file of the same name are warned of, with such a name.
Where services run, it tells too which definitions they do not work by: a definition that has come to mean
something else while it runs stays the old one.
TEXT
}

help_doctor() {
  cat <<'TEXT'
./sluice doctor FILE [--dataset NAME] [--json]

What would happen to a data file, compressed or an archive too: its encoding and dialect, what each field
holds, the first dead letters with column and rule, and the receipt it would get. For a file that no definition
takes, one that would. Needs no broker and changes nothing. Exit 0 if every row would be taken.
TEXT
}

help_files() {
  cat <<'TEXT'
./sluice files [ID] [--state STATE] [--dataset NAME] [--limit N] [--json]

Files and their receipts: rows = records + corrections + duplicates + dead letters. With an ID, that one in
full.
TEXT
}

help_report() {
  cat <<'TEXT'
./sluice report [NAME] [FILTER…] [--order COLUMNS] [--limit N] [--json | --csv]

The rows of a report, 20 unless a limit is given, and all of them as CSV; without a name, the reports there
are. A filter with [ ] needs quotes.
  ./sluice report monthly_restaurants_report country=France 'month[gte]=2017_01' --order=-amount,month
TEXT
}

help_dead-letters() {
  cat <<'TEXT'
./sluice dead-letters [list] [--dataset NAME] [--file ID] [--rule RULE] [--state STATE] [--limit N] [--json | --csv]
./sluice dead-letters groups [--dataset NAME] [--file ID] [--json]
./sluice dead-letters show ID [--json]
./sluice dead-letters retry --dataset NAME [--file ID] [--rule RULE] [--column COLUMN] [ID…] [--dry-run] [--wait S] [--json]
./sluice dead-letters discard --dataset NAME [--file ID] [--rule RULE] [--column COLUMN] [ID…] [--note TEXT] [--json]

Rows that could not become records, kept whole, with file, line, column and reason: the newest 50 that nobody has
settled, unless a limit or a state (open, retried, discarded, all) is given, and all of them as CSV. groups counts them
by rule and column, show marks the cell that is wrong. When the definition is mended, retry reads their rows once more:
each becomes a record with its own file and line, or a dead letter with the new reason. What was retried or discarded
stays, with when and by whom.
  ./sluice dead-letters retry --dataset bookings --rule type.date
TEXT
}

help_replay() {
  cat <<'TEXT'
./sluice replay [NAME] [--from WHERE] [--dry-run] [--swap] [--no-wait] [--wait SECONDS] [--id ID] [--json]

Rebuilds the reports of a dataset, by its own or a report's name, from the log of records beside the live ones,
shows row by row what differs, and swaps them in one moment. Until then the old ones are read, and kept up to date.
  ./sluice replay bookings --dry-run     # what would change? (--drop is the same)
  ./sluice replay monthly_restaurants_report
  ./sluice replay bookings --from 2026-11-01T00:00:00Z   # files found since then: compared, swapped with --swap only
  ./sluice replay bookings --from 0=1200,1=900           # offsets of the records' partitions
Without a name: the replays there were, with those that a changed definition began. docs/replay.md has more.
TEXT
}

help_export() {
  cat <<'TEXT'
./sluice export [NAME] [--wait SECONDS] [--limit N] [--json]

Writes the exports of a report now, as its definition says (sinks: export): the CSV file current, replaced
whole, and one more Parquet file under hist; waits, and tells where they are. Exit 0 only then. Without a
name: the exports there were, on request and on a schedule.
  ./sluice export metrics
TEXT
}

help_token() {
  cat <<'TEXT'
./sluice token NAME --scopes read,write,admin [--expires 90d]

Makes a token for the api: 32 random bytes, told once, on stderr; and on stdout its entry, which holds only a hash,
for the file that SLUICE_TOKENS_FILE names (docs/access.md). Expires in so many days (90d) or hours (12h), or at a
time (2027-01-31T00:00:00Z), or never.
  ./sluice token grafana --scopes read --expires 90d >> tokens.yaml
The commands that ask the api (files, report, dead-letters, export, replay) send the token of SLUICE_TOKEN, or the first line
of the file that SLUICE_TOKEN_FILE names.
TEXT
}

help_help() { help_overview; }

command_help() {
  if (($# == 0)); then
    help_overview
  elif is_command "$1"; then
    "help_$1"
  else
    unknown_command "$1"
  fi
}

is_command() { [[ " ${commands[*]} " == *" $1 "* && -n $1 ]]; }

# unknown_command WORD: with the command it most likely meant.
unknown_command() {
  local command
  for command in "${commands[@]}"; do
    if [[ $command == "$1"* || $1 == "$command"* || ${command:0:3} == "${1:0:3}" ]]; then
      usage_error "there is no command \"$1\"; did you mean \"$command\"? All of them: ./sluice help"
    fi
  done
  usage_error "there is no command \"$1\"; all of them: ./sluice help"
}

# no_arguments COMMAND ARGUMENT…
no_arguments() {
  (($# <= 1)) || usage_error "$1 takes no \"$2\"; see ./sluice help $1"
}
