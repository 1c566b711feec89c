#!/usr/bin/env bash
# Builds the page into web/dist, unless nothing changed since the last time.
# usage: tools/build_page.sh
set -euo pipefail
cd "$(dirname "$0")/../web"
PATH="$PWD/../build/tools/node/bin:$PATH"

if ! command -v npm >/dev/null; then
  echo "npm is missing: run tools/setup.sh build" >&2
  exit 1
fi

inputs() {
  find . -path ./node_modules -prune -o -path ./dist -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
  node --version
}
digest=$(inputs | sha256sum)
if [ -f dist/index.html ] && [ "$(cat node_modules/.kaiwa-dist 2>/dev/null)" = "$digest" ]; then
  exit 0
fi

lock=$(sha256sum package.json package-lock.json | sha256sum)
if [ "$(cat node_modules/.kaiwa-lock 2>/dev/null)" != "$lock" ]; then
  echo "Installing the page's packages"
  for attempt in 1 2 3; do
    # A registry that stops talking in the middle leaves npm waiting for ever. Ctrl-C must reach npm.
    timeout --foreground -k 60 1200 npm ci --no-audit --no-fund --loglevel=error --no-progress && break
    [ "$attempt" = 3 ] && { echo "npm ci failed three times" >&2; exit 1; }
    sleep $((attempt * 5))
  done
  echo "$lock" > node_modules/.kaiwa-lock
fi
npm run --silent build
echo "$digest" > node_modules/.kaiwa-dist
