# shellcheck shell=bash
# Processes that outlive the command that started them. A pid file holds the pid and the moment the process
# started, so that a pid the system gave to someone else is never taken for ours.

# started_at PID: clock ticks since boot; fails if there is no such process or only its remains.
started_at() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  # Behind the name in brackets, which may hold spaces: state is field 3, the start time field 22.
  read -r -a stat <<<"${stat##*) }"
  [[ ${stat[0]} != [ZX] ]] || return 1
  echo "${stat[19]}"
}

write_pid_file() { printf '%s %s\n' "$2" "$(started_at "$2" || echo gone)" >"$1"; }

# living_pid FILE: prints the pid if that very process still runs.
living_pid() {
  local pid start
  [[ -r $1 ]] && read -r pid start <"$1" || return 1
  [[ $(started_at "$pid") == "$start" ]] || return 1
  echo "$pid"
}

# The lock of a home, as long as this command holds it; 9 is never open.
lock_fd=9

# start_daemon PID_FILE LOG COMMAND…: in a session of its own, so that closing the terminal does not end it.
start_daemon() {
  local pid_file=$1 log=$2
  shift 2
  (
    cd / || exit 1
    exec setsid "$@" </dev/null >>"$log" 2>&1 {lock_fd}>&-
  ) &
  write_pid_file "$pid_file" $!
  disown $!
}

# stop_daemon PID_FILE SIGNAL SECONDS: asks, waits, and kills what does not listen. 0: it ended by itself.
stop_daemon() {
  local pid_file=$1 signal=$2 patience=$3 pid code=0
  if pid=$(living_pid "$pid_file"); then
    kill "-$signal" "$pid" 2>/dev/null
    if ! wait_until "$patience" ended "$pid_file"; then
      kill -KILL "$pid" 2>/dev/null
      wait_until 10 ended "$pid_file"
      code=1
    fi
  fi
  rm -f "$pid_file"
  return "$code"
}

ended() { ! living_pid "$1" >/dev/null; }

# something_runs: any process of this home.
something_runs() {
  local file
  for file in "$run"/*.pid; do
    ended "$file" || return 0
  done
  return 1
}

# wait_until SECONDS COMMAND…: polls until the command succeeds; fails when the time is over.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
