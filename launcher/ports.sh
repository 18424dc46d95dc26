# shellcheck shell=bash
# Who has a port, and which ports nobody has.

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
    echo "a process that only root may see"
  fi
}

# require_port PORT WHAT
require_port() {
  port_taken "$1" || return 0
  fail "port $1, which $2 needs, is taken by $(port_owner "$1"): end that, or set SLUICE_PORT_BASE (now $port_base) to the first of eight free ports"
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
