#!/usr/bin/env bash
# The supervisor starts a service again after a crash, leaves it alone after 0, 2 and 3, and hands SIGTERM on.
source "$(dirname "$0")/assert.sh"
mkdir -p "$scratch/run"
log=$scratch/service.log

supervise() {
  "$root/launcher/supervise.sh" service "$scratch/run" "$log" "$@" >"$scratch/words" 2>&1 &
  supervisor=$!
}
started() { (($(grep -cs ^started "$log" || true) + 0 >= $1)); }
over() { ! kill -0 "$supervisor" 2>/dev/null; }

# Two crashes, then a service that lives on and stops gracefully when asked.
cat >"$scratch/service" <<'SERVICE'
#!/usr/bin/env bash
echo started
(($(grep -c '^started' "$1") > 2)) || kill -KILL $$
trap 'echo drained; exit 0' TERM
while true; do sleep 0.05; done
SERVICE
chmod +x "$scratch/service"
supervise "$scratch/service" "$log"
eventually 20 started 3 || wrong "it was not started again after being killed"
eventually 5 test -s "$scratch/run/service.pid" || wrong "there is no pid file"
read -r pid _ <"$scratch/run/service.pid"
kill -0 "$pid" || wrong "the pid file names nobody"
kill -TERM "$supervisor"
eventually 20 over || wrong "SIGTERM did not end it"
said=$(<"$log")
expect_said drained
started 4 && wrong "it was started again after it was told to stop"
expect_no_file "$scratch/run/service.pid"
expect_no_file "$scratch/run/service.ended"

# An exit code that says: starting me again changes nothing.
for ending in 0 2 3; do
  rm -f "$log"
  supervise bash -c "echo started; exit $ending"
  eventually 20 over || wrong "exit code $ending did not end the supervisor"
  said=$(<"$log")
  [[ $said == started ]] || wrong "after exit code $ending it was started again"
  [[ $(<"$scratch/run/service.ended") == "$ending" ]] || wrong "exit code $ending was not kept"
done

# Of a server only 0 says so: a broker without memory ends with 3.
rm -f "$log"
export SUPERVISE_FINAL=0
supervise bash -c "echo started; exit 3"
unset SUPERVISE_FINAL
eventually 20 started 2 || wrong "a server was not started again after exit code 3"
kill -TERM "$supervisor"
eventually 20 over || wrong "SIGTERM did not end a server's supervisor"

# The pause grows: 0.2, 0.4, 0.8 … seconds.
rm -f "$log"
supervise bash -c "echo started; exit 1"
eventually 20 started 4 || wrong "it was not started again after exit code 1"
kill -TERM "$supervisor"
eventually 20 over || wrong "SIGTERM during a pause did not end it"
said=$(<"$scratch/words")
for pause in 0.2 0.4 0.8; do expect_said "again in $pause s"; done
finish
