# shellcheck shell=bash
# Set-up and every test, through ctest.

command_test() {
  # Tests bring servers of their own; a home is only needed for the logs of the set-up.
  make_home
  lock_home
  local more
  mapfile -t more < <(test_package_lists)
  install_packages packages "${more[@]}"
  install_kafka "$logs"
  install_seaweedfs "$logs"
  install_helm "$logs"
  install_schemas "$logs"
  install_web_modules "$logs"
  build_targets
  build_fuzzers
  exec {lock_fd}>&-
  if (($# > 0)); then
    run_ctest "$@"
    return
  fi
  # The quick ones first: a mistake in a rule is told before a broker is even started. A group that fails
  # ends the run, so ctest's last summary is the whole truth.
  progress "tests without servers"
  run_ctest -j "$(nproc)" -L '^(unit|property)$' || return
  progress "the simulation, and tests against real servers"
  run_ctest -j "$(nproc)" -LE '^(unit|property)$'
}

run_ctest() { ctest --test-dir "$build" --output-on-failure --no-tests=error "$@"; }
