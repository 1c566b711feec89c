#!/usr/bin/env bash
# Runs a program beside a moto of its own, which lets nobody in whose signature it cannot verify.
# KAIWA_TEST_S3_BUCKET names an empty bucket, AWS's own variables say where and with which keys.
# usage: tests/support/moto/run.sh PROGRAM [ARGUMENT...]
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
"$here/fetch.sh"
exec "$here/../../../build/tools/aws/bin/python" "$here/run.py" "$@"
