#!/usr/bin/env bash
# The long tests: mixed work that must leave no memory, file or thread behind, then kill -9 under load and drains, again and
# again. Bounded: a round takes about six minutes on two cores.
# usage: tools/soak.sh [rounds]     KAIWA_SOAK_SECONDS=180 is the mixed work of a round, KAIWA_CRASH_CYCLES=300 its kills
set -uo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
export KAIWA_SOAK_SECONDS=${KAIWA_SOAK_SECONDS:-180} KAIWA_CRASH_CYCLES=${KAIWA_CRASH_CYCLES:-300}

cmake --preset release >/dev/null && cmake --build --preset release --target kaiwa_load || exit 1
passed=0 failed=0
for round in $(seq "$rounds"); do
  echo "== round $round of $rounds"
  # What fails once in a long time is what is looked for: no second try.
  if timeout $((KAIWA_SOAK_SECONDS * 3 + 1800)) tests/integration/run.sh -o 'python_files=test_*.py soak.py' \
    -k 'crash or drain or resume or soak' --timeout 900 --reruns 0 -s; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
