#!/usr/bin/env bash
# For CMake: fetches Apache Arrow's C++ libraries if they are not there, and prints the folder they are in.
set -euo pipefail

root=$(readlink -f "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/..")
for part in say settings processes ports wheels; do
  # shellcheck source=/dev/null
  source "$root/launcher/$part.sh"
done
read_settings
install_arrow "${1:?the folder for the log is missing}" >&2
echo "$(wheel_dir pyarrow)/pyarrow"
