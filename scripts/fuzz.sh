#!/usr/bin/env bash
# Runs every fuzz target for a few seconds, from the seeds in the repository. FUZZ_TIME (20000x, or 1m) runs it longer. The
# default counts inputs: with a time limit, a worker that is busy at its end can fail with "context deadline exceeded".
set -euo pipefail
cd "$(dirname "$0")/.."

grep -rl '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r package; do
  grep -ho '^func Fuzz[A-Za-z0-9_]*' "$package"/*_test.go | sed 's/^func //' | sort -u | while read -r target; do
    # Go first minimizes an input that covers new code. The default of up to a minute per input exceeds the complete run: one
    # run of 50 s spent 47 s on it. Ten tries are enough for inputs that nobody reads.
    go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZ_TIME:-2000x}" -fuzzminimizetime 10x "$package"
  done
done
