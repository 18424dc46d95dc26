#!/usr/bin/env bash
# For the tests of the chart: fetches Helm and Kubernetes' schemas if they are not there, and prints where they are,
# a line each.   chart_tools.sh LOGS
set -euo pipefail

root=$(readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/..")
for part in say settings processes ports wheels; do
  # shellcheck source=/dev/null
  source "$root/launcher/$part.sh"
done
read_settings
{
  install_helm "${1:?the folder for the logs is missing}"
  install_schemas "$1"
} >&2
helm_program
echo "$(wheel_dir kubernetes-validate)/kubernetes_validate/kubernetes-json-schema"
