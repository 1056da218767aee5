#!/usr/bin/env bash
# Runs the vendors' own, unmodified clients against the stand-ins of the real binary.
set -euo pipefail
cd "$(dirname "$0")/.."

make -s tools/likeness/node_modules/.installed
export BFF_BINARY=${BFF_BINARY:-$PWD/bin/bff-race}
export GORACE=${GORACE:-halt_on_error=1}
exec node --test "$@" tools/likeness/*.test.mjs
