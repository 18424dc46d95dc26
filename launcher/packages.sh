# shellcheck shell=bash
# Debian packages: installed when missing, not asked about when there. Lists are files of this folder:
# packages (what everybody needs) and, on top, what only ./sluice test needs: test-packages, npm-packages; and what
# ./sluice up --monitoring needs: monitoring-packages.

# wanted_packages LIST…
wanted_packages() { (cd "$root/launcher" && sed -E '/^#/d; /^$/d' "${@/%/.txt}") | LC_ALL=C sort -u; }

# missing_packages [LIST…]: packages, if none is named
missing_packages() {
  local wanted
  (($# > 0)) || set -- packages
  mapfile -t wanted < <(wanted_packages "$@")
  # dpkg-query prints what it knows and complains about the rest.
  LC_ALL=C comm -23 <(printf '%s\n' "${wanted[@]}") \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
      sed -n 's/^installed //p' | LC_ALL=C sort -u)
}

# as_root COMMAND…
as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo "$@"
  fi
}

require_root() {
  ((EUID == 0)) && return
  if ! command -v sudo >/dev/null; then
    fail "packages are missing and you are neither root nor is there sudo; as root: apt-get install $*"
  fi
  sudo -n true 2>/dev/null && return
  [[ -t 0 ]] && sudo -v && return
  fail "packages are missing and sudo wants a password nobody is here to give; as root: apt-get install $*"
}

# What is installed here does not start as a service of the system: Debian's own way to say so, where nobody has said
# anything yet, and only while it is installed.
readonly quietly='policy=/usr/sbin/policy-rc.d
if [ "$1" = install ] && [ ! -e "$policy" ]; then
  trap "rm -f $policy" EXIT
  trap "exit 143" INT TERM
  printf "#!/bin/sh\nexit 101\n" >"$policy" && chmod 755 "$policy"
fi
apt-get -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"'

apt() { as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -c "$quietly" sh "$@"; }

# Before Debian's PostgreSQL comes for the first time: it must not start a cluster of its own on 5432.
keep_debian_from_making_a_cluster() {
  [[ -e /etc/postgresql-common ]] && return
  apt install --no-install-recommends postgresql-common || return
  as_root sed -Ei 's/^#?[[:space:]]*create_main_cluster.*/create_main_cluster = false/' \
    /etc/postgresql-common/createcluster.conf
}

# install_packages [LIST…]
install_packages() {
  local missing log=$logs/packages.log
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) && return
  command -v apt-get >/dev/null ||
    fail "this is not a Debian system, so install these yourself first: ${missing[*]}"
  require_root "${missing[@]}"
  require_space /usr 2 "Debian packages"
  if ! run_step "$logs/packages-lists.log" "reading Debian's package lists" apt update; then
    explain_apt "$logs/packages-lists.log"
  fi
  if ! run_step "$log" "preparing for PostgreSQL" keep_debian_from_making_a_cluster ||
    ! run_step "$log" "installing ${#missing[@]} Debian packages" apt install --no-install-recommends "${missing[@]}"; then
    explain_apt "$log"
  fi
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) || fail "apt-get said yes, but these packages are still missing: ${missing[*]} (its words: $log)"
}

explain_apt() {
  show_end "$1" 8
  if grep -qE 'Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|Network is unreachable|Failed to fetch' "$1"; then
    fail "apt-get cannot reach Debian's packages: is there a network? Its words: $1"
  elif grep -q 'No space left' "$1"; then
    fail "the disk is full; free some space and run this again"
  elif grep -qE 'Unable to locate package|has no installation candidate' "$1"; then
    fail "Debian's lists do not have a package Sluice needs; it is made for Debian 12. The words of apt-get: $1"
  fi
  fail "apt-get failed; its words: $1"
}
