#!/usr/bin/env bash
# Every command has help, and a word that is no command gets a hint.
source "$(dirname "$0")/assert.sh"

run "$root/sluice"
expect_code 0 "no command at all"
overview=$said

for command in demo test up down status logs clean check definitions doctor files report dead-letters export replay token; do
  said=$overview
  expect_said "./sluice $command"
  run "$root/sluice" "$command" --help
  expect_code 0 "$command --help"
  expect_said "./sluice $command"
  by_flag=$said
  run "$root/sluice" help "$command"
  expect_code 0 "help $command"
  [[ $said == "$by_flag" ]] || wrong "help $command and $command --help differ"
done

run "$root/sluice" stat
expect_code 2 "an unknown command"
expect_said 'did you mean "status"'
run "$root/sluice" help xyzzy
expect_code 2 "help for an unknown command"
expect_said "./sluice help"
run "$root/sluice" up now
expect_code 2 "an argument too many"
expect_said 'up takes no "now"'
run "$root/sluice" up --monitoring now
expect_code 2 "an argument too many behind --monitoring"

# Asking leaves nothing behind.
expect_no_file "$SLUICE_HOME"
finish
