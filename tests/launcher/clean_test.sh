#!/usr/bin/env bash
# clean removes a home, only when told to, and nothing that is not a home.
source "$(dirname "$0")/assert.sh"

run "$root/sluice" clean
expect_code 0 "nothing to clean"

mkdir -p "$SLUICE_HOME"/data/in "$SLUICE_HOME/run" "$SLUICE_HOME/logs"
echo precious >"$SLUICE_HOME/data/in/file.csv"
run "$root/sluice" clean
expect_code 1 "clean without --yes and nobody to ask"
expect_said "./sluice clean --yes"
expect_file "$SLUICE_HOME/data/in/file.csv"

run "$root/sluice" clean --yes
expect_code 0 "clean --yes"
expect_no_file "$SLUICE_HOME"

# A folder that is not a home of ours stays, whatever SLUICE_HOME says.
mkdir -p "$SLUICE_HOME"
echo precious >"$SLUICE_HOME/letter.txt"
run "$root/sluice" clean --yes
expect_code 1 "clean of somebody's folder"
expect_said "does not look like a home"
expect_file "$SLUICE_HOME/letter.txt"

# The database's files may lie elsewhere: the link is followed.
mkdir -p "$SLUICE_HOME"/data/in "$SLUICE_HOME/run" "$scratch/elsewhere/data"
ln -s "$scratch/elsewhere" "$SLUICE_HOME/postgres"
run "$root/sluice" clean --yes
expect_code 0 "clean with the database elsewhere"
expect_no_file "$scratch/elsewhere"
finish
