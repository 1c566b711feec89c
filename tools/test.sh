#!/usr/bin/env bash
# Runs the tests, stage by stage, and prints the counts of all of them last.
# usage: tools/test.sh [stage...]    stages are the functions stage_<name> below
#
# A stage runs its tests and reports with `count PASSED FAILED`. One that ends badly without having
# reported counts as one failure. Output goes to the screen and to build/test-logs/<stage>.log.
set -uo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/build/tools/node/bin:$PATH"

all_stages=(rules page program deploy integration vendors e2e asan dynamodb tsan fuzz)
logs=build/test-logs
mkdir -p "$logs"
jobs=$(nproc)
stage_seconds=2400  # more than any needs, started from nothing

# Tells how many tests of the running stage passed and failed; may be called more than once.
count() { echo "$1 $2" >> "$logs/$stage.count"; }

# Runs CTest in build/$1 for tests that match the regular expression $2, and counts.
# What failed is tried once more, alone; but what a sanitizer found is never forgiven.
run_ctest() {
  local report again failed total name
  report=$(mktemp) again=$(mktemp)
  ctest --test-dir "build/$1" -R "$2" -j"$jobs" --timeout 300 --output-on-failure --no-tests=error >"$report" 2>&1
  total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$report")
  failed=$(failed_count "$report")
  grep -vE '^ *[0-9]+/[0-9]+ Test .* Passed|^ *Start ' "$report"
  if [ -z "$total" ]; then rm -f "$report" "$again"; count 0 1; return 1; fi
  if [ "$failed" != 0 ] && ! grep -qE '(Address|Leak|Thread|UndefinedBehavior)Sanitizer|: runtime error: ' "$report"; then
    ctest --test-dir "build/$1" --rerun-failed -j1 --timeout 300 --output-on-failure >"$again" 2>&1
    cat "$again"
    while read -r name; do
      failed_names "$again" | grep -qxF "$name" || echo "unsteady: $name"
    done < <(failed_names "$report")
    failed=$(failed_count "$again")
    : "${failed:=1}"
    mv "$again" "$report"
  fi
  failed_names "$report" | sed 's/^/failed: /'
  rm -f "$report" "$again"
  count $((total - failed)) "$failed"
  [ "$failed" = 0 ]
}
failed_count() { sed -n 's/.*, \([0-9]*\) tests failed out of .*/\1/p' "$1"; }
failed_names() { sed -n '/(Skipped)$/!s/^[[:space:]]*[0-9]* - \(.*\) ([A-Za-z ]*)$/\1/p' "$1"; }

# Runs a command whose last line is "N passed, M failed", and counts.
run_counted() {
  local report status line
  report=$(mktemp)
  "$@" 2>&1 | tee "$report"
  status=${PIPESTATUS[0]}
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$report" | tail -1)
  rm -f "$report"
  if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    count "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    [ "$status" = 0 ] || [ "${BASH_REMATCH[2]}" != 0 ] || count 0 1
  else
    count 0 1
  fi
  return "$status"
}

build_preset() {
  cmake --preset "$1" >"$logs/$1-configure.log" 2>&1 || { cat "$logs/$1-configure.log"; return 1; }
  shift
  cmake --build --preset "$@"
}

# Includes follow the house's arrow; coroutines avoid what compilers get wrong; the benchmark's table says what was measured.
stage_rules() {
  local passed=0 failed=0 check
  for check in tools/check_includes.py tools/check_coroutines.py bench/peers/compare_test.py; do
    if python3 "$check" .; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
  count "$passed" "$failed"
}

# C++ unit and store conformance tests, without sanitizers: the quick look while developing.
stage_unit() {
  build_preset dev dev || return 1
  run_ctest dev .
}

# Types, lint and unit tests of the page.
stage_page() {
  tools/build_page.sh || return 1
  local passed=0 failed=0 check
  for check in check lint gen:check; do
    if (cd web && npm run --silent "$check"); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  done
  count "$passed" "$failed"
  (cd web && npx vitest run --reporter=default --reporter=json --outputFile=../build/test-logs/vitest.json)
  count $(python3 -c 'import json
report = json.load(open("build/test-logs/vitest.json"))
print(report["numPassedTests"], report["numFailedTests"] + (not report["success"] and not report["numFailedTests"]))')
}

# The optimised program: builds, is small, starts and stops.
stage_program() {
  tools/build.sh || return 1
  run_counted python3 tools/check_program.py
  tools/image.sh --files-only || return 1
  run_counted python3 tools/check_image.py
}

# The templates of the homes on AWS, and the zip for functions.
stage_deploy() {
  tools/build.sh && tools/lambda.sh && tools/image.sh --files-only || return 1
  run_counted tools/deploy_check.sh
}

# The program over HTTP, against scripted model servers.
stage_integration() {
  tools/build.sh || return 1
  run_counted tests/integration/run.sh
}

# What Chainlit and LangChain rely on, proven with their own clients; make test-vendors has more.
stage_vendors() {
  tools/build.sh || return 1
  run_counted tests/vendors/chainlit/run.sh
  run_counted tests/vendors/langchain/run.sh
}

# The page in Chromium.
stage_e2e() {
  tools/build.sh || return 1
  run_counted tests/e2e/run.sh
}

# Every unit test under the address and undefined-behaviour sanitizers.
stage_asan() {
  build_preset asan asan || return 1
  run_ctest asan .
}

# Runs the store's conformance suite on a service of its own, as run.py is told, and counts.
run_dynamodb() {
  local report="$PWD/$logs/dynamodb.xml" status
  rm -f "$report"
  timeout 600 python3 tests/support/dynamodb_local/run.py "$@" --gtest_brief=1 "--gtest_output=xml:$report"
  status=$?
  [ -f "$report" ] || { count 0 1; return 1; }
  count $(python3 -c 'import sys, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()
tests, failed = int(suite.get("tests")), int(suite.get("failures")) + int(suite.get("errors"))
print(tests - failed, failed)' "$report")
  return "$status"
}

# The DynamoDB store on DynamoDB Local; then through throttling, conflicts, errors, cut and lost
# answers, without the tests that are about size and time. What is about pages and batches runs once
# more on dynalite, which answers a large batch in parts and may end a list with an empty page, and
# with half of the batches left undone in part.
stage_dynamodb() {
  build_preset asan asan --target kaiwa_dynamodb_conformance || return 1
  local suite=build/asan/bin/kaiwa_dynamodb_conformance
  run_dynamodb "$suite" || return 1
  run_dynamodb --faults 1 "$suite" '--gtest_filter=-*Cost*:*AThreadPast*:*KeepsTextOfAny*:*GivesHits*:*OfAHundred*:*ManyThreads*:*KeepNothingElse*:*ChainlitsFilesTest.*HoweverLargeTheyAre*:*ChainlitsFilesTest.*HoweverManyTheyAre*'
  run_dynamodb --dynalite --faults 1 --share 0.5 --kinds partial "$suite" \
    '--gtest_filter=*Page*:*LongThread*:*ThreadArchive*:*KeepsTextOfAny*:*DeletingAUser*'
}

# Turns and stores under the thread sanitizer.
stage_tsan() {
  build_preset tsan tsan --target kaiwa_chat_test kaiwa_store_sqlite_test kaiwa_turns_test || return 1
  run_ctest tsan '^(chat|store_sqlite|turns)\.'
}

# Every fuzz target: its corpus and five seconds, built of what the asan stage compiled.
stage_fuzz() { KAIWA_FUZZ_SEED=1 run_counted tools/fuzz.sh 5 asan; }

run_stage() {
  stage=$1
  rm -f "$logs/$stage.count"
  local began=$SECONDS status
  echo "== $stage"
  timeout --kill-after=20 "$stage_seconds" "$0" --only "$stage" 2>&1 | tee "$logs/$stage.log"
  status=${PIPESTATUS[0]}
  [ "$status" != 124 ] || echo "tools/test.sh: $stage was ended: it ran for over $stage_seconds seconds"
  local passed=0 failed=0 p f
  if [ -f "$logs/$stage.count" ]; then
    while read -r p f; do passed=$((passed + p)) failed=$((failed + f)); done < "$logs/$stage.count"
  fi
  if [ "$status" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
  if [ "$passed" = 0 ] && [ "$failed" = 0 ]; then failed=1; fi
  summary+=("$(printf '%-12s %5d passed %5d failed %5d s' "$stage" "$passed" "$failed" $((SECONDS - began)))")
  total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
}

# In a process of its own, so that a stage that hangs can be ended.
if [ "${1:-}" = --only ]; then
  stage=$2
  "stage_$stage"
  exit
fi

total_passed=0 total_failed=0 summary=()
[ $# -gt 0 ] || set -- "${all_stages[@]}"
for name in "$@"; do
  if ! declare -F "stage_$name" >/dev/null; then
    echo "tools/test.sh: no stage $name; expected one of ${all_stages[*]}" >&2
    exit 2
  fi
done
for name in "$@"; do run_stage "$name"; done
# Those that passed at the second try only are named, so that somebody mends them.
for name in "$@"; do sed -nE "s/^(failed|unsteady): /\1 in $name: /p" "$logs/$name.log"; done
printf '%s\n' "" "${summary[@]}"
echo "$total_passed passed, $total_failed failed"
[ "$total_failed" = 0 ]
