#!/usr/bin/env bash
# Variables that cannot be right, and a port somebody else has.
source "$(dirname "$0")/assert.sh"

for base in eight 80 70000 -1; do
  SLUICE_PORT_BASE=$base run "$root/sluice" status
  expect_code 2 "SLUICE_PORT_BASE=$base"
  expect_said "SLUICE_PORT_BASE is \"$base\""
done

# Someone has ingest's port: one sentence with the port, who has it, and what to change.
listen 0
export SLUICE_PORT_BASE=$((port - 1))
run "$root/sluice" up
expect_code 1 "a taken port"
expect_said "port $port, which the service ingest needs, is taken by"
[[ $EUID == 0 ]] && expect_said "(process $listener)"
expect_said "SLUICE_PORT_BASE"
expect_no_file "$SLUICE_HOME/kafka"

run "$root/sluice" check
expect_code 1 "check with a taken port"
expect_said "port $port, which ingest needs, is taken by"
kill "$listener"

# Nothing runs: status says so with its exit code, down has nothing to do.
run "$root/sluice" status
expect_code 1 "status of nothing"
expect_said "nothing runs; start it: ./sluice up"
expect_said "down"
run "$root/sluice" down
expect_code 0 "down of nothing"
expect_said "nothing runs in $SLUICE_HOME"

# Two folders of definitions, relative ones made absolute.
SLUICE_DEFINITIONS=one:/two run "$root/sluice" status
expect_said "definitions      $PWD/one:/two"
finish
