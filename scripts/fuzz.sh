#!/usr/bin/env bash
# Runs every fuzz target for a few seconds, from the seeds in the repository. FUZZ_TIME makes it longer.
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r package; do
  grep -ho '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/^func //' | sort -u | while read -r target; do
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZ_TIME:-3s}" "$package"
  done
done
