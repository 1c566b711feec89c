#!/usr/bin/env bash
# Measures the optimised program against its budgets, beside nginx in the same run.
# usage: tools/bench.sh [--quick]     writes the table into docs/performance.md; takes about ten minutes
#        PEERS=1 tools/bench.sh       beside Chainlit, Open WebUI and LiteLLM, too: four minutes more, and once their
#                                     installation (2.5 GB) under build/peers, or where KAIWA_PEERS_DIR says
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/build/tools/node/bin:$PATH"

cmake --preset release >build/bench-configure.log || { cat build/bench-configure.log; exit 1; }
cmake --build --preset release --target kaiwa_load kaiwa_model_server kaiwa_store_bench kaiwa_aws_bench
if ! cmp -s tests/e2e/package-lock.json tests/e2e/node_modules/.installed-lock; then
  (cd tests/e2e && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent && cp package-lock.json node_modules/.installed-lock)
fi
peers=()
if [ -n "${PEERS:-}" ]; then
  peers=(--peers "${KAIWA_PEERS_DIR:-build/peers}")
  tools/peers.sh "${peers[1]}"
fi
exec timeout 2400 python3 bench/run.py --kaiwa build/kaiwa --bin build/release/bin "${peers[@]}" --write docs/performance.md "$@"
