# shellcheck shell=bash
# Room on a disk, asked for before it is needed.

# free_gigabytes PATH: of the file system that PATH, or its nearest folder that exists, is on.
free_gigabytes() {
  local path=$1
  while [[ ! -e $path ]]; do path=$(dirname "$path"); done
  df -Pk "$path" | awk 'NR == 2 { printf "%d", $4 / 1048576 }'
}

# require_space PATH GIGABYTES WHAT
require_space() {
  local free
  free=$(free_gigabytes "$1")
  ((free >= $2)) || fail "the disk is too full: $3 needs $2 GB in $1, and $free GB are free"
}
