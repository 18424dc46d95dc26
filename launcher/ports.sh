# shellcheck shell=bash
# Who has a port, and which ports nobody has.

readonly unseen_owner="a process that only root may see"

# port_taken PORT: someone listens on it.
port_taken() {
  if command -v ss >/dev/null; then
    [[ -n $(ss -Hltn "sport = :$1") ]]
  else
    # A bare machine: ask the port itself.
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
  fi
}

# port_owner PORT: "name (process 123)", as far as this user may see it.
port_owner() {
  local line
  line=$(ss -Hltnp "sport = :$1" 2>/dev/null | head -n 1)
  if [[ $line =~ \(\(\"([^\"]+)\",pid=([0-9]+) ]]; then
    echo "${BASH_REMATCH[1]} (process ${BASH_REMATCH[2]})"
  else
    echo "$unseen_owner"
  fi
}

# require_port PORT WHAT
require_port() {
  local try
  port_taken "$1" || return 0
  # A process that was killed has its ports until its memory is given back, and is nobody's any more.
  for try in {1..50}; do
    [[ $(port_owner "$1") != "$unseen_owner" ]] && break
    sleep 0.1
    port_taken "$1" || return 0
  done
  fail "port $1, which $2 needs, is taken by $(port_owner "$1"): end that, or set SLUICE_PORT_BASE (now $port_base) to the first of eight free ports (ten with --monitoring)"
}

# free_port: one that nobody listens on now, below the range the system gives to outgoing connections.
free_port() {
  local port
  while true; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    port_taken "$port" || break
  done
  echo "$port"
}
