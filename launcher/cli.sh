# shellcheck shell=bash
# What the C++ command line does: the launcher only makes sure that it is there and knows where to look.

cli() {
  SLUICE_HOME=$home SLUICE_PORT_BASE=$port_base SLUICE_DEFINITIONS=$definitions "$bin/sluice-cli" "$@"
}

# command_cli COMMAND ARGUMENT…
command_cli() {
  if [[ ! -x $bin/sluice-cli ]]; then
    make_home
    install_packages
    build_targets sluice-cli
  fi >&2
  cli "$@"
}
