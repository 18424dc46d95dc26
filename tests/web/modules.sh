#!/usr/bin/env bash
# The tests' fixture: fetches what they drive the browser with, if it is not there, and prints the folder it is in.
#   modules.sh LOGS
set -euo pipefail

root=$(readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../..")
for part in say settings processes ports node; do
  # shellcheck source=/dev/null
  source "$root/launcher/$part.sh"
done
read_settings
mkdir -p "${1:?the folder for the log is missing}"
install_web_modules "$1" >&2
web_modules_dir
