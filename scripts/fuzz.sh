#!/usr/bin/env bash
# Runs every fuzz target for a few seconds, from the seeds in the repository. FUZZ_TIME (20000x, or 1m) makes it longer: by
# default inputs are counted, because a worker that is busy when a time limit ends can fail its target with "context
# deadline exceeded".
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r package; do
  grep -ho '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/^func //' | sort -u | while read -r target; do
    # An input that covers new code is first made smaller. By default that may take a minute for each, which is far more than
    # the whole run: one of 50 s spent 47 of them on it. Ten tries are enough for inputs that nobody has to read.
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZ_TIME:-2000x}" -fuzzminimizetime 10x "$package"
  done
done
