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

# start_supervised PID_FILE LOG COMMAND…: the same, and started again whenever it ends. The supervisor's own pid is in
# a file beside, NAME.supervisor.pid. Returns when the first process is there. What is secret goes by the environment:
# everyone may read the supervisor's arguments.
start_supervised() {
  local dir=${1%/*} name=${1##*/}
  name=${name%.pid}
  start_daemon "$dir/$name.supervisor.pid" "$logs/supervisor.log" "$root/launcher/supervise.sh" "$name" "$dir" "${@:2}"
  wait_until 10 test -e "$1" || wait_until 1 test -e "$dir/$name.ended" || fail "$name could not be started; is the machine very busy?"
}

# start_supervised_server: the same of a server, whose exit codes are not our services'.
start_supervised_server() {
  local -x SUPERVISE_FINAL=0
  start_supervised "$@"
}

# stop_supervised PID_FILE SIGNAL SECONDS
stop_supervised() {
  local supervisor=${1%.pid}.supervisor.pid clean=0
  stop_daemon "$supervisor" "$2" "$3" || clean=1
  # Only if the supervisor had to be killed, or was, is its child still there.
  stop_daemon "$1" "$2" 5 || clean=1
  rm -f "${1%.pid}.ended"
  return "$clean"
}

# nothing_keeps PID_FILE: neither it nor who would start it again is there.
nothing_keeps() { ended "$1" && ended "${1%.pid}.supervisor.pid"; }

# How a server is started: on its own, so that a test may kill it, or supervised, as `up` does.
start_server=start_daemon

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
