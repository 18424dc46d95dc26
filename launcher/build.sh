# shellcheck shell=bash
# The C++ build, in build/. Ninja itself knows what is up to date.

# What a run needs, without the tests.
# shellcheck disable=SC2034
readonly service_targets=(sluice-ingest sluice-transform sluice-loader sluice-api sluice-cli sluice-samples)

# A second checkout compiles the same files under other paths: let ccache know them again.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros

# lock_build: two homes share one checkout, and so one build.
lock_build() {
  mkdir -p "$build" || fail "cannot write in $root: is the disk full?"
  exec {build_fd}>"$build/.launcher-lock"
  flock -n "$build_fd" && return
  progress "another ./sluice is building; waiting for it"
  flock "$build_fd"
}

# build_targets [TARGET…]: all if none is named.
build_targets() {
  local log=$logs/build.log code=0
  lock_build
  if [[ ! -f $build/build.ninja ]]; then
    require_space "$build" 4 "the build"
    if ! run_step "$logs/configure.log" "configuring the build" cmake --preset release -S "$root"; then
      show_end "$logs/configure.log" 20
      fail "CMake could not configure the build; its words: $logs/configure.log"
    fi
  fi
  NINJA_STATUS='%f of %t: ' run_step "$log" "building what is not up to date (all of it: some minutes)" \
    ninja -C "$build" "$@" || code=$?
  exec {build_fd}>&-
  ((code == 0)) && return
  explain_build "$log"
}

# The parsers, once more, by clang and with libFuzzer: in build-fuzz/.
build_fuzzers() {
  local log=$logs/build-fuzz.log
  [[ -e $root/build-fuzz/bin ]] || require_space "$root" 3 "the fuzzers"
  run_step "$log" "building the fuzzers (all of them: some minutes)" "$root/tests/fuzz/run.sh" build && return
  explain_build "$log"
}

explain_build() {
  if grep -q 'No space left on device' "$1"; then
    fail "the disk is full: the build needs 4 GB in $build"
  fi
  grep -E -m 10 '(error|fatal error):|^FAILED:|undefined reference' "$1" | sed 's/^/    /' >&2 || show_end "$1" 20
  if grep -q 'Killed signal terminated program cc1plus' "$1"; then
    fail "the compiler was killed, most likely for want of memory; a build needs 2 GB for each core"
  fi
  fail "the build is broken; all its words: $1"
}
