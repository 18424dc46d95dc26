# shellcheck shell=bash
# Set-up and every test, through ctest.

command_test() {
  # Tests bring servers of their own; a home is only needed for the logs of the set-up.
  make_home
  lock_home
  local more=()
  # The web page's own tests without servers are `unit`, too; they need Node.js.
  if wants unit "$@" || wants fuzz "$@" || wants e2e "$@" || wants deploy "$@"; then mapfile -t more < <(test_package_lists); fi
  install_packages packages "${more[@]}"
  install_kafka "$logs"
  install_seaweedfs "$logs"
  if wants deploy "$@"; then
    install_helm "$logs"
    install_schemas "$logs"
    install_grafana_models "$logs"
  fi
  if wants unit "$@" || wants e2e "$@"; then install_web_modules "$logs"; fi
  build_targets
  if wants fuzz "$@"; then build_fuzzers; fi
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

# wants LABEL ARGUMENT…: whether ctest's arguments leave tests of this label in.
wants() {
  local label=$1 argument
  while shift && (($# > 0)); do
    argument=$1
    case $argument in
      -L) [[ $label =~ ${2:-.} ]] || return 1 ;;
      -LE) [[ ! $label =~ ${2:-^$} ]] || return 1 ;;
    esac
  done
  return 0
}

run_ctest() { ctest --test-dir "$build" --output-on-failure --no-tests=error "$@"; }
