#!/usr/bin/env bash
# The fault tests, longer: kill -9 under load and drains, again and again. Bounded: about twenty minutes.
# usage: tools/soak.sh [rounds]
set -uo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}

passed=0 failed=0
for round in $(seq "$rounds"); do
  echo "== round $round of $rounds"
  if KAIWA_CRASH_CYCLES=300 timeout 1200 tests/integration/run.sh -k 'crash or drain or resume'; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
