#!/usr/bin/env bash
# The file doctor on the command line: what it tells of a file, and a definition for one that none takes.
source "$(dirname "$0")/assert.sh"
cli=$1
export SLUICE_DEFINITIONS=$scratch/schemas
mkdir -p "$SLUICE_DEFINITIONS"

printf 'sale_no;sold;price\r\n1;2021-01-23;3.50\r\n2;2021-01-24;none\r\n2;2021-01-24;4.25\r\n' >"$scratch/sales-1.csv"
run "$cli" doctor "$scratch/sales-1.csv"
expect_code 1 "no definition takes it"
expect_said "none takes a file of this name"
expect_said "dataset: sales"
expect_said "sale_no"

# What it proposes passes the checker, and then takes the file.
printf '%s\n' "$said" | sed -n '/^dataset:/,/^records:/p' >"$SLUICE_DEFINITIONS/sales.yaml"
run "$cli" definitions check
expect_code 0 "the proposal"
sed -i 's/^  price: .*/  price: { type: decimal, required: true }/' "$SLUICE_DEFINITIONS/sales.yaml"
run "$cli" doctor "$scratch/sales-1.csv"
expect_code 1 "a dead letter"
expect_said "line ends   CRLF"
expect_said "csv, delimiter ;"
expect_said "type.decimal"
expect_said "3 rows = 2 records + 1 dead letters + 0 duplicates + 0 corrections"
expect_said "of the file by itself"
expect_not_said "none takes"

sed -i '/none/d' "$scratch/sales-1.csv"
run "$cli" doctor "$scratch/sales-1.csv"
expect_code 0 "a good file"
gzip "$scratch/sales-1.csv"
run "$cli" doctor --dataset sales --json "$scratch/sales-1.csv.gz"
expect_code 0 "the same, compressed"
expect_said '"state":"done"'
expect_said '"rows":2,"records":2'

# A report with a title above its header, and a column that is not quite the key.
{
  printf 'Sales of all shops\n2021-01-31\n\nsale_id;shop;price\n'
  for i in $(seq 1 199); do printf '%s;s%s;%s\n' "$i" "$((i % 7))" "$i"; done
  printf '199;s1;5\n'
} >"$scratch/März-Report (final) 2.csv"
run "$cli" doctor "$scratch/März-Report (final) 2.csv"
expect_said "dataset: maerz_report_final"
expect_said 'format: { csv: { delimiter: ";", skip_lines: 3 } }'
expect_said "the first 3 lines are skipped"
expect_said "key: sale_id  # 1 of 200 rows repeat it"
expect_said "200 rows = 199 records + 0 dead letters + 0 duplicates + 1 corrections"

# Two definitions that would take one file are warned of before it comes.
cat >"$SLUICE_DEFINITIONS/other.yaml" <<'YAML'
dataset: other
source: { files: "*-1.csv" }
format: csv
key: id
fields: { id: { type: string, required: true } }
records: { postgres: {} }
YAML
run "$cli" definitions check
expect_code 0 "a warning is no mistake"
expect_said "both take a file named \"sales-1.csv\""
expect_said "no mistakes, 1 warning"
run "$cli" definitions check "$SLUICE_DEFINITIONS/other.yaml"
expect_code 0 "one of them, checked alone"
expect_said "both take a file named \"sales-1.csv\""
sed -i 's/"\*-1.csv"/"other*.csv"/' "$SLUICE_DEFINITIONS/other.yaml"
run "$cli" definitions check
expect_not_said "warning"
rm "$SLUICE_DEFINITIONS/other.yaml"

run "$cli" doctor "$scratch/nothing"
expect_code 1 "no such file"
expect_said "nothing cannot be read: there is no such file"
run "$cli" doctor "$scratch"
expect_code 1 "a folder"
expect_said "it is a folder; name a data file in it"

# A state that is none is said before anything is asked of the api.
run "$cli" files --state wrong
expect_code 2 "a state that there is not"
expect_said '"wrong" is no state; there are found, waiting, reading, done, duplicate and failed'
finish
