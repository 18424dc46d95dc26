#!/usr/bin/env bash
# For the tests of the dashboards: fetches Grafana's models if they are not there, and prints where they are.
#   monitoring_tools.sh LOGS
set -euo pipefail

root=$(readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/..")
for part in say settings processes ports wheels; do
  # shellcheck source=/dev/null
  source "$root/launcher/$part.sh"
done
read_settings
install_grafana_models "${1:?the folder for the logs is missing}" >&2
wheel_dir grafana-foundation-sdk
