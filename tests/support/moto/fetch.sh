#!/usr/bin/env bash
# Installs moto, a double of AWS's services, into build/tools/aws; does nothing when it is there.
# It has a Python of its own: its many packages stay away from the tests'.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
cd "$here/../../.."
to=build/tools/aws
cmp -s "$here/requirements.txt" "$to/installed.txt" && exit 0
echo "Installing moto into $to"
python3 -m venv "$to"
for attempt in 1 2 3; do
  "$to/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$here/requirements.txt" && break
  [ "$attempt" -lt 3 ] || exit 1
  sleep 5
done
cp "$here/requirements.txt" "$to/installed.txt"
