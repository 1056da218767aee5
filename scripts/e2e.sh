#!/usr/bin/env bash
# Runs the browser tests against the real binary in a real Chromium.
set -euo pipefail
cd "$(dirname "$0")/.."

CHROMIUM_PATH=$(scripts/browser.sh)
export CHROMIUM_PATH
make -s tools/likeness/node_modules/.installed # paste.spec.ts runs the official @upstash/redis
export BFF_BINARY=${BFF_BINARY:-$PWD/bin/bff-race}
export EXAMPLE_BINARY=$PWD/bin/example-partner # example.spec.ts
go build -trimpath -o "$EXAMPLE_BINARY" ./examples/partner
export GORACE=${GORACE:-halt_on_error=1}
exec npm --prefix web run --silent e2e -- "$@"
