#!/usr/bin/env bash
# Builds the fuzzers and lets each look for inputs that break a law, starting from the kept corpus.
#
#   tests/fuzz/run.sh [SECONDS [TARGET…]]     SECONDS for each target, 60 unless given
#   tests/fuzz/run.sh build                   only builds them
#
# SLUICE_FUZZ_SEED=N: from the kept corpus alone, with libFuzzer's seed N and 3,000 inputs, so that every run
# on every machine tries the same ones.
#
# Needs clang-19 and libclang-rt-19-dev. Exit 0: no law was broken. Else the input is kept below
# build-fuzz/findings, and what to do with it is said.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$(dirname "$here")")
build=${SLUICE_FUZZ_BUILD:-$root/build-fuzz}
seconds=${1:-60}
(($# == 0)) || shift
[[ $seconds =~ ^[0-9]+$ || $seconds == build ]] || { echo "usage: run.sh [SECONDS|build [TARGET…]]" >&2; exit 2; }
jobs=$(nproc)
seed=${SLUICE_FUZZ_SEED:-}

if ! command -v clang++-19 >/dev/null; then
  echo "the fuzzers need clang-19: apt-get install clang-19 libclang-rt-19-dev" >&2
  exit 2
fi
targets=("$@")
((${#targets[@]} > 0)) || mapfile -t targets < <(cd "$here" && printf '%s\n' *.cc | sed '/^replay\.cc$/d; s/\.cc$//')
for target in "${targets[@]}"; do
  [[ -f $here/$target.cc ]] || { echo "there is no target $target; there are: $(cd "$here" && echo *.cc)" >&2; exit 2; }
done

# step COMMAND…: quiet, but for what went wrong; when building is all there is to do, all is shown.
step() {
  [[ $seconds != build ]] || { "$@" && return || exit 1; }
  "$@" >"$build/fuzz-build.log" 2>&1 && return
  tail -n 40 "$build/fuzz-build.log" >&2
  exit 1
}
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
mkdir -p "$build"
step cmake --preset fuzz -S "$root" -B "$build"
step cmake --build "$build" --target "${targets[@]/#/fuzz_}"
[[ $seconds != build ]] || exit 0

# fuzz TARGET: new inputs go to a folder of their own, so that the kept corpus stays as it is.
fuzz() {
  local target=$1 found=$build/findings/$1 grown=$build/corpus/$1 log=$build/findings/$1.log
  [[ -z $seed ]] || grown=$(mktemp -d "$build/same.XXXXXX")
  mkdir -p "$found" "$grown"
  local most=-1
  [[ -z $seed ]] || most=3000
  if "$build/bin/fuzz_$target" -seed="${seed:-0}" -runs="$most" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=1024 -max_len=2048 \
    -print_final_stats=1 -artifact_prefix="$found/" "$grown" "$here/corpus/$target" >"$log" 2>&1; then
    [[ -z $seed ]] || rm -rf "$grown"
    printf '%-14s %s runs\n' "$target" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    return
  fi
  {
    echo "$target: a law is broken"
    grep -m 5 -E 'broken law|^  |ERROR: |runtime error|SUMMARY' "$log" | sed 's/^/    /'
    sed -n 's/.*Test unit written to /    the input: /p' "$log"
    cat <<WORDS
    see it again:  $build/bin/fuzz_$target INPUT        (all its words: $log)
    make it small: $build/bin/fuzz_$target -minimize_crash=1 -max_total_time=60 -exact_artifact_path=SMALL INPUT
    keep it:       cp SMALL $here/corpus/$target/what_it_is     together with the mended code and its unit test
WORDS
  } >&2
  return 1
}
export -f fuzz
export build here seconds seed

code=0
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'fuzz {}' || code=1
exit "$code"
