#!/usr/bin/env bash
# Runs every fuzz target over its corpus and then for some seconds each.
# usage: tools/fuzz.sh [seconds [preset]]      prints "N passed, M failed" last; a crash's input stays in build/fuzz/crashes
#
# The preset `fuzz` (the default) is optimised and finds more in a minute; `asan` shares the objects of
# the sanitized tests and so costs no second build. KAIWA_FUZZ_SEED makes runs alike; else each takes its own way.
set -uo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60} preset=${2:-fuzz}

mkdir -p build/fuzz/crashes
cmake --preset "$preset" >build/fuzz/configure.log 2>&1 || { cat build/fuzz/configure.log; exit 1; }
cmake --build --preset "$preset" --target fuzz_targets || exit 1

passed=0 failed=0
for target in build/"$preset"/bin/*_fuzz; do
  name=$(basename "$target" _fuzz)
  grown=build/fuzz/corpus/$name
  mkdir -p "$grown" "fuzz/corpus/$name"
  if "$target" "$grown" "fuzz/corpus/$name" -max_total_time="$seconds" -seed="${KAIWA_FUZZ_SEED:-0}" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
      -artifact_prefix="build/fuzz/crashes/$name-" >"build/fuzz/$name.log" 2>&1; then
    passed=$((passed + 1))
    echo "$name: $(grep -oE 'Done [0-9]+ runs in [0-9]+ second' "build/fuzz/$name.log")"
  else
    failed=$((failed + 1))
    echo "$name: FAILED"
    tail -40 "build/fuzz/$name.log"
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
