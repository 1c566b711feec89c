#!/usr/bin/env bash
# Runs the tests of the program over HTTP. Last line: "N passed, M failed".
# usage: tests/integration/run.sh [pytest arguments]
# KAIWA, KAIWA_MODEL_SERVER and KAIWA_BEDROCK_EMBEDDER name the programs to use instead of those that `make build` leaves.
set -uo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${KAIWA_MODEL_SERVER:-}" ] || [ -z "${KAIWA_BEDROCK_EMBEDDER:-}" ]; then
  cmake --preset release >/dev/null && cmake --build --preset release --target kaiwa_model_server kaiwa_bedrock_embedder || exit 1
fi
double=tests/support/bedrock_double
if ! cmp -s "$double/package-lock.json" "$double/node_modules/.installed-lock"; then
  tools/setup.sh vendor_doubles || exit 1
fi
venv=build/tools/integration
if ! cmp -s tests/integration/requirements.txt "$venv/installed.txt"; then
  python3 -m venv "$venv" || exit 1
  "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r tests/integration/requirements.txt || exit 1
  cp tests/integration/requirements.txt "$venv/installed.txt"
fi

tools/setup.sh emulators || exit 1
tests/support/moto/fetch.sh || exit 1
tests/support/dynamodb_local/fetch.sh || exit 1

report=build/test-logs/integration.xml
output=build/test-logs/integration.txt
mkdir -p build/test-logs
"$venv/bin/python" -m pytest tests/integration -c tests/integration/pytest.ini -rfER --junitxml="$report" "$@" | tee "$output"
status=${PIPESTATUS[0]}
sed -nE 's/^(FAILED|ERROR) ([^ ]*).*/failed: \2/p' "$output"
grep -oP '^RERUN \K[^ ]*' "$output" | sort -u | while read -r name; do
  grep -qF "$name" <(grep -E '^(FAILED|ERROR) ' "$output") || echo "unsteady: $name"
done
"$venv/bin/python" tests/support/count_junit.py "$report"
exit $status
