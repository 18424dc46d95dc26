#!/usr/bin/env bash
# run.sh SCRIPT: one script of this folder in the browser, on the page at SLUICE_WEB_URL.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
SLUICE_WEB_MODULES=$("$here/modules.sh" "$logs")
export SLUICE_WEB_MODULES
# What fails is told whole, what passes by its name.
node --test --test-reporter=spec "$here/$1"
