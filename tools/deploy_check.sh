#!/usr/bin/env bash
# Makes the templates of every home without an account and checks them with cdk-nag and cfn-lint.
# Needs what `make lambda` and `make image` leave. Prints "N passed, M failed" last.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/build/tools/node/bin:$PATH"

tools=build/tools/cfn-lint
echo "Checking the templates of the homes on AWS (the first time installs the CDK and cfn-lint)"
if ! cmp -s tools/cfn_lint/requirements.txt "$tools/installed.txt"; then
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r tools/cfn_lint/requirements.txt
  cp tools/cfn_lint/requirements.txt "$tools/installed.txt"
fi
cd deploy/cdk
if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --silent --no-audit --no-fund
fi
npx tsc --project .

passed=0 failed=0
# usage: synthesise <folder> [context as JSON]    the rules of cdk-nag run inside
synthesise() {
  local out=build/$1
  rm -rf "$out"
  if CDK_OUTDIR=$out CDK_CONTEXT_JSON=${2:-"{}"} node build/src/app.js > "build/$1.log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    cat "build/$1.log"
  fi
  local template
  for template in "$out"/*.template.json; do
    # W3005: CDK names dependencies that follow from references too.
    if "../../$tools/bin/cfn-lint" --ignore-checks W3005 -- "$template"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
    fi
  done
}
synthesise defaults
synthesise choices '{"front": "url", "functionUrlAuth": "AWS_IAM", "chatTable": "ChainlitData", "userTable": "UserAuth", "historyTable": "ChatMessageHistory", "rolesTable": "UserRoles", "modelRegion": "us-east-1",
  "models": "us.amazon.nova-*", "concurrency": "20", "address": "https://chat.example.com", "certificateArn": "arn:aws:acm:ap-northeast-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"}'
if node --test build/test/*.js > build/test.log 2>&1; then passed=$((passed + 1)); else failed=$((failed + 1)); cat build/test.log; fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
