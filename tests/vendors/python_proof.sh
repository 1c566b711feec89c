#!/usr/bin/env bash
# Runs the proof in tests/vendors/NAME, with the packages that its requirements.txt pins, beside a DynamoDB Local.
# Last line: "N passed, M failed".
# usage: tests/vendors/python_proof.sh NAME [pytest arguments]
# KAIWA and KAIWA_MODEL_SERVER name the programs to use instead of those that `make build` leaves.
set -uo pipefail
cd "$(dirname "$0")/../.."
name=$1 here=tests/vendors/$1
shift
tests/support/dynamodb_local/fetch.sh || exit 1
if [ -z "${KAIWA_MODEL_SERVER:-}" ]; then
  cmake --preset release >/dev/null && cmake --build --preset release --target kaiwa_model_server || exit 1
fi
venv=build/tools/$name
if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
  python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements.txt" || exit 1
  cp "$here/requirements.txt" "$venv/installed.txt"
fi
report=build/test-logs/$name.xml output=build/test-logs/$name.txt
mkdir -p build/test-logs
"$venv/bin/python" -m pytest "$here" -q -p no:cacheprovider --junitxml="$report" "$@" 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
sed -nE 's/^(FAILED|ERROR) ([^ ]*).*/failed: \2/p' "$output"
"$venv/bin/python" tests/support/count_junit.py "$report"
exit $status
