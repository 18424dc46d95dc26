# shellcheck shell=bash
# A private PostgreSQL (loopback TCP only, no socket file). Every function takes the cluster's folder, so
# that the launcher and the tests' environment run it the same way.

readonly postgres_bin=/usr/lib/postgresql/15/bin

# PostgreSQL refuses to run as root; then the package's own unprivileged user runs it.
as_postgres() {
  if ((EUID == 0)); then
    (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups "$@")
  else
    "$@"
  fi
}

# postgres_dir WISH: the folder to use. Where root's home is below a folder that the unprivileged user may
# not pass (/root, say), the cluster goes to /var/lib/sluice instead; a link at WISH shows the way.
postgres_dir() {
  local wish=$1 other
  if ((EUID != 0)) || [[ -L $wish ]]; then
    readlink -m "$wish"
    return
  fi
  mkdir -p "$wish"
  if as_postgres test -x "$wish"; then
    echo "$wish"
    return
  fi
  other=/var/lib/sluice/$(sha256sum <<<"$wish" | cut -c 1-16)
  mkdir -p "$other" && rmdir "$wish" && ln -s "$other" "$wish" || return 1
  warn "the user postgres may not enter $(dirname "$wish"), so the database's files are in $other"
  echo "$other"
}

sql_text() { printf "'%s'" "${1//\'/\'\'}"; }

# init_postgres DIR LOG PASSWORD: the role sluice may log in and make databases, and owns the database
# sluice. The superuser has no way in over the network: what needs it is done here, before there is one.
init_postgres() {
  local dir=$1 log=$2 password=$3
  [[ -f $dir/ready ]] && return
  # Only what an earlier, unfinished attempt left can be here: the mark `ready` comes last.
  rm -rf "$dir/data"
  mkdir -p "$dir"
  ((EUID != 0)) || chown postgres:postgres "$dir"
  {
    as_postgres "$postgres_bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 \
      --locale=C.UTF-8 --data-checksums &&
      as_postgres tee "$dir/data/pg_hba.conf" >/dev/null <<<"host all sluice 127.0.0.1/32 scram-sha-256" &&
      printf 'CREATE ROLE sluice LOGIN CREATEDB PASSWORD %s\nCREATE DATABASE sluice OWNER sluice\n' \
        "$(sql_text "$password")" |
      as_postgres "$postgres_bin/postgres" --single -D "$dir/data" postgres
  } >"$log" 2>&1 && ! grep -q ERROR "$log" && as_postgres touch "$dir/ready" && return
  show_end "$log" 10
  fail "the database in $dir could not be made; is the disk full? Its words: $log"
}

# end_orphans DATA: what a server that was killed has left. Most of its processes see that and end; one that waits
# for another that was killed with it waits for ever, and no new server starts while it does.
end_orphans() {
  local data server link cwd pids=()
  data=$(readlink -f "$1")
  server=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || return 0
  [[ $(readlink "/proc/$server/cwd" 2>/dev/null) != "$data" ]] || return 0 # it lives
  while read -r link cwd; do
    [[ $cwd == "$data" && $(cat "${link%/cwd}/comm" 2>/dev/null) == postgres ]] || continue
    pids+=("${link//[^0-9]/}")
  done < <(find /proc/[0-9]*/cwd -maxdepth 0 -printf '%p %l\n' 2>/dev/null)
  ((${#pids[@]} > 0)) || return 0
  kill -KILL "${pids[@]}" 2>/dev/null || true
  wait_until 10 all_gone "${pids[@]}" || true
}

all_gone() {
  local pid
  for pid in "$@"; do
    ! started_at "$pid" >/dev/null || return 1
  done
}

# start_postgres DIR PORT LOG PID_FILE [SETTING…]
start_postgres() {
  local dir=$1 port=$2 log=$3 pid_file=$4 setting options=()
  shift 4
  for setting in listen_addresses=127.0.0.1 unix_socket_directories= max_connections=200 jit=off \
    log_timezone=UTC timezone=UTC "$@"; do
    options+=(-c "$setting")
  done
  local command=("$postgres_bin/postgres" -D "$dir/data" -p "$port" "${options[@]}")
  ((EUID != 0)) || command=(setpriv --reuid=postgres --regid=postgres --init-groups "${command[@]}")
  end_orphans "$dir/data"
  "$start_server" "$pid_file" "$log" "${command[@]}"
}

# await_postgres PORT PASSWORD PID_FILE LOG
await_postgres() {
  local deadline=$((SECONDS + 60)) said
  until said=$(PGPASSWORD=$2 PGCONNECT_TIMEOUT=2 psql -XAtq -h 127.0.0.1 -p "$1" -U sluice -d sluice -c 'SELECT 1' 2>&1); do
    if [[ $said == *"password authentication failed"* ]]; then
      fail "the database was made with another password: set SLUICE_POSTGRES_PASSWORD to that one, or remove all state with ./sluice clean"
    fi
    if ended "$3"; then
      show_end "$4" 15
      fail "PostgreSQL ended while starting; its words: $4"
    fi
    ((SECONDS < deadline)) || fail "PostgreSQL did not answer on port $1 within 60 s ($said); its words: $4"
    sleep 0.1
  done
}
