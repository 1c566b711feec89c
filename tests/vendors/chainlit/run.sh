#!/usr/bin/env bash
# Proves with Chainlit's own data layer that both programs work on one table. Last line: "N passed, M failed".
cd "$(dirname "$0")/../../.." || exit 1
mkdir -p build/chainlit
tests/support/moto/fetch.sh || exit 1
export CHAINLIT_APP_ROOT="$PWD/build/chainlit"  # it writes its configuration where it is
exec tests/vendors/python_proof.sh chainlit "$@"
