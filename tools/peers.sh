#!/usr/bin/env bash
# Installs the programs that the benchmark measures beside Kaiwa, each in an environment of its own below DIR (2.5 GB).
# usage: tools/peers.sh DIR
#
# What is there already is left alone. What cannot be installed is told, with the reason also in DIR/<peer>.log, and the
# rest goes on: the benchmark says in its table which peer it had to do without.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$1" || exit 1
place=$(cd "$1" && pwd)

# A terminal that is closed and Ctrl-C end this, too, and not only the command that runs.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

install() {
  local peer=$1 wanted=bench/peers/requirements-$1.txt
  rm -rf "${place:?}/$peer"
  python3 -m venv "$place/$peer" &&
    timeout 1800 "$place/$peer/bin/python" -m pip install --quiet --progress-bar off --disable-pip-version-check --no-deps -r "$wanted" &&
    cp "$wanted" "$place/$peer/.installed"
}

for peer in chainlit litellm openwebui; do
  cmp -s "bench/peers/requirements-$peer.txt" "$place/$peer/.installed" && continue
  echo "Installing $peer into $place/$peer"
  if ! install "$peer" >"$place/$peer.log" 2>&1; then
    cat "$place/$peer.log" >&2
    rm -rf "${place:?}/$peer"
    echo "tools/peers.sh: $peer was not installed; the benchmark goes on without it" >&2
  fi
done
