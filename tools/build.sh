#!/usr/bin/env bash
# Leaves the optimised program at build/kaiwa; does nothing, quickly, when no input changed.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=build/.kaiwa-inputs
inputs() {
  find CMakeLists.txt CMakePresets.json cmake include src tools web api \
    \( -name node_modules -o -name dist -o -name __pycache__ \) -prune -o -type f -printf '%p %s %T@\n' 2>/dev/null |
    LC_ALL=C sort | sha256sum
}

digest=$(inputs)
if [ -x build/kaiwa ] && [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ]; then
  exit 0
fi

mkdir -p build
tools/setup.sh build
[ -x build/release/bin/kaiwa ] || echo "Compiling; the first time takes about ten minutes on two cores"
cmake --preset release >build/release-configure.log || { cat build/release-configure.log; exit 1; }
cmake --build --preset release --target kaiwa
strip -o build/kaiwa.new build/release/bin/kaiwa 2>/dev/null || llvm-strip-19 -o build/kaiwa.new build/release/bin/kaiwa
mv build/kaiwa.new build/kaiwa
echo "$digest" > "$stamp"
