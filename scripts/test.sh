#!/usr/bin/env bash
# Runs every suite and prints the time of each. All suites run, even after a failure. What failed comes last, by name,
# for a build server shows the end of its log first.
set -uo pipefail
cd "$(dirname "$0")/.."

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

names=() minutes=() results=()
failed=0

suite() { # suite NAME COMMAND...
  local name=$1 begun=$SECONDS status=0
  shift
  printf '\n=== %s: %s\n' "$name" "$*"
  "$@" 2>&1 | tee "$logs/${#names[@]}" || status=$?
  local took=$((SECONDS - begun))
  names+=("$name")
  minutes+=("$(printf '%d:%02d' $((took / 60)) $((took % 60)))")
  if [ "$status" = 0 ]; then results+=(passed); else results+=(FAILED); failed=$((failed + 1)); fi
}

# failures prints the tests that a suite's log reports as failed, as Go, Vitest and Playwright write them; if it reports
# none, the end of the log.
failures() { # failures LOG
  local found
  found=$(sed 's/\x1b\[[0-9;]*m//g' "$1" | sed -nE \
    -e 's/^ *(--- FAIL: [^ ]+).*/\1/p' \
    -e 's/^ *(FAIL +[^ ]+ >.*)/\1/p' \
    -e 's/^ +(\[(one-site|two-sites)\] › [^─]*[^─ ]).*/\1/p' | awk '!seen[$0]++' | head -12)
  sed 's/^/  /' <<<"${found:-$(tail -5 "$1")}"
}

suite "tools" scripts/tools.sh
if [ "$failed" != 0 ]; then exit 1; fi
suite "other programs that tests need" scripts/peers.sh
suite "page: install" make -s web/node_modules/.installed
suite "clients: install the generators" make -s tools/clients/ts/node_modules/.installed
suite "vendors' clients: install" make -s tools/likeness/node_modules/.installed
suite "page: contract drift" scripts/types.sh --check
suite "page: lint and types" npm --prefix web run --silent lint
suite "page: unit tests" npm --prefix web run --silent test
suite "page: build" make -s page
suite "clients/typescript: install and build" make -s clients
suite "clients: drift" scripts/clients-generate.sh --check
suite "clients/typescript: tests" npm --prefix clients/typescript run --silent test
suite "go: format and vet" scripts/vet.sh
suite "go: contract drift" go -C tools/openapi run . -check
suite "contract: lint and compatibility" make -s contract
suite "go: lint and import rules" make -s lint
# The slowest packages start first: at the end, none of them keeps one processor busy while the other waits.
suite "go: tests with the race detector" go test -race -timeout 25m ./test ./cmd/bff ./internal/db \
  ./internal/sandbox/redis ./...
suite "go: SQLite without a C compiler" env CGO_ENABLED=0 go test ./internal/db \
  -run 'TestStoreConforms/SQLite$|TestKnobs|TestRefusals|TestWhatIsNotOurs|TestBackup|TestEveryError' # make soak runs all tests
suite "binary with the race detector" go build -race -o bin/bff-race ./cmd/bff
suite "clients: generated, compiled, run" scripts/clients.sh
suite "vendors' clients: run" scripts/likeness.sh
suite "deploy: Compose and Kubernetes" go -C tools/deploy test -count=1 ./...
suite "benchmark: unit tests" go -C bench test ./...
suite "pictures: their size" go -C tools/pictures test -count=1 ./...
suite "browser tests" scripts/e2e.sh
suite "browsers: Firefox and WebKit" scripts/engines.sh
suite "example: a first run" scripts/first-run.sh

printf '\n%-36s %8s  %s\n' suite minutes result
for i in "${!names[@]}"; do printf '%-36s %8s  %s\n' "${names[$i]}" "${minutes[$i]}" "${results[$i]}"; done
printf '%-36s %8s\n' "total" "$(printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)))"
for i in "${!names[@]}"; do
  if [ "${results[$i]}" = FAILED ]; then printf '\n%s\n' "failed: ${names[$i]}" && failures "$logs/$i"; fi
  # Playwright lists the tests that passed only at their second try below a line such as "  2 flaky".
  sed -nE '/^  [0-9]+ flaky$/,/^  [0-9]+ (passed|skipped)/{/flaky$|^    \[/p}' "$logs/$i"
done
printf '\nsuites: %d passed, %d failed\n' $((${#names[@]} - failed)) "$failed"
[ "$failed" = 0 ]
