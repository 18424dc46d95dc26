# shellcheck shell=bash
# What a user sees: lines of progress with the seconds since the start, and an error as one plain sentence.

say() { printf '%s\n' "$*"; }
progress() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }
warn() { printf 'sluice: %s\n' "$*" >&2; }

# fail SENTENCE: ends the command. Exit 1 is "it did not work", 2 is "that is not how it is called".
fail() {
  warn "$@"
  exit 1
}
usage_error() {
  warn "$@"
  exit 2
}

# The step that runs now, so that Ctrl-C ends it too: a background job of a script ignores SIGINT.
step_pid=
stop_step() {
  [[ -n $step_pid ]] && kill -TERM "$step_pid" 2>/dev/null
  step_pid=
}
trap 'stop_step; exit 130' INT
trap 'stop_step; exit 143' TERM

# run_step LOG TITLE COMMAND…: runs it with its output in LOG; every few seconds the log's last line is
# shown, so that a long step is seen to move. Returns the command's exit code.
run_step() {
  local log=$1 title=$2 shown=$SECONDS
  shift 2
  progress "$title"
  "$@" >"$log" 2>&1 </dev/null {lock_fd}>&- &
  step_pid=$!
  while kill -0 "$step_pid" 2>/dev/null; do
    sleep 0.1
    if ((SECONDS - shown >= 10)); then
      shown=$SECONDS
      progress "    … $(last_words "$log")"
    fi
  done
  local code=0
  wait "$step_pid" || code=$?
  step_pid=
  return "$code"
}

# The last line of a log, without carriage returns and colours, cut to the width of a screen.
last_words() {
  tail -c 2000 "$1" 2>/dev/null | tr '\r' '\n' | sed -E 's/\x1b\[[0-9;]*m//g; /^[[:space:]]*$/d' | tail -n 1 | cut -c 1-100
}

# show_end LOG LINES: the end of a log, indented, for "this is what it said".
show_end() {
  sed -E 's/\x1b\[[0-9;]*m//g; s/^/    /' <(tail -n "$2" "$1" 2>/dev/null) >&2
}
