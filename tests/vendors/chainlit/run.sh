#!/usr/bin/env bash
# Proves with Chainlit's own data layer that both programs work on one table. Last line: "N passed, M failed".
# KAIWA and KAIWA_MODEL_SERVER name the programs to use instead of those that `make build` leaves.
set -uo pipefail
cd "$(dirname "$0")/../../.."
here=tests/vendors/chainlit
tests/support/dynamodb_local/fetch.sh || exit 1
if [ -z "${KAIWA_MODEL_SERVER:-}" ]; then
  cmake --preset release >/dev/null && cmake --build --preset release --target kaiwa_model_server || exit 1
fi
venv=build/tools/chainlit
if ! cmp -s "$here/requirements.txt" "$venv/installed.txt"; then
  python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" || exit 1
  cp "$here/requirements.txt" "$venv/installed.txt"
fi
report=build/test-logs/chainlit.xml
mkdir -p build/test-logs build/chainlit
export CHAINLIT_APP_ROOT="$PWD/build/chainlit"  # it writes its configuration where it is
"$venv/bin/python" -m pytest "$here" -q -p no:cacheprovider --junitxml="$report" "$@"
status=$?
"$venv/bin/python" - "$report" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot().find("testsuite")
failed = int(suite.get("failures")) + int(suite.get("errors"))
print(f"{int(suite.get('tests')) - failed - int(suite.get('skipped'))} passed, {failed} failed")
PYTHON
exit $status
