#!/usr/bin/env bash
# Generates clients from the API document. Runs them, and every line of docs/integrate/clients.md, against the real binary.
set -euo pipefail
cd "$(dirname "$0")/.."

make -s tools/clients/ts/node_modules/.installed
export BFF_BINARY=${BFF_BINARY:-$PWD/bin/bff-race}
export GORACE=${GORACE:-halt_on_error=1}
exec go -C tools/clients test -count=1 -timeout 10m ./... "$@"
