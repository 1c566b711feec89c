#!/usr/bin/env bash
# Fetches DynamoDB Local into build/tools/dynamodb; does nothing when it is there. Its licence lets it
# be used for tests and not be passed on, so it is never part of the repository.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
to="$here/../../../build/tools/dynamodb"
mkdir -p "$to"
if [ ! -e "$to/whole" ]; then
  echo "Installing DynamoDB Local into build/tools/dynamodb"
  cp "$here/pom.xml" "$to/pom.xml"
  (cd "$to" && for attempt in 1 2 3; do
    mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory=lib && break
    [ "$attempt" -lt 3 ] || exit 1
    sleep 5
  done)
  touch "$to/whole"
fi
if [ ! "$to/loopback.so" -nt "$here/loopback.c" ]; then
  "${CC:-clang-19}" -O2 -shared -fPIC -o "$to/loopback.so" "$here/loopback.c" -ldl
fi
