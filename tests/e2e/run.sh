#!/usr/bin/env bash
# Runs the browser tests against build/kaiwa. The last line is "N passed, M failed".
# usage: tests/e2e/run.sh [playwright arguments...]
set -uo pipefail
cd "$(dirname "$0")/../.."
logs=$PWD/build/test-logs
mkdir -p "$logs"

if [ -z "${KAIWA_MODEL_SERVER:-}" ]; then
  cmake --preset release >"$logs/e2e-configure.log" 2>&1 || { cat "$logs/e2e-configure.log"; exit 1; }
  cmake --build --preset release --target kaiwa_model_server || exit 1
  export KAIWA_MODEL_SERVER=$PWD/build/release/bin/kaiwa_model_server
fi

tools/setup.sh vendor_doubles || exit 1
cd tests/e2e
if ! cmp -s package-lock.json node_modules/.installed-lock; then
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent || exit 1
  cp package-lock.json node_modules/.installed-lock
fi
npm run --silent check || exit 1

report=$logs/e2e.json
rm -f "$report"
PLAYWRIGHT_JSON_OUTPUT_NAME=$report npx playwright test --reporter=list,json "$@"
status=$?
python3 - "$report" <<'PYTHON'
import json
import sys

def specs(suite):
    yield from suite.get("specs", [])
    for inner in suite.get("suites", []):
        yield from specs(inner)


try:
    report = json.load(open(sys.argv[1]))
    for suite in report["suites"]:
        for spec in specs(suite):
            for status in {test["status"] for test in spec["tests"]} - {"expected"}:
                print("unsteady:" if status == "flaky" else "failed:", spec["file"], spec["title"])
    stats = report["stats"]
    # What never ran, because time was up, counts as failed.
    print(f'{stats["expected"] + stats["flaky"]} passed, {stats["unexpected"] + stats["skipped"]} failed')
except (OSError, ValueError):
    print("0 passed, 1 failed")
PYTHON
exit "$status"
