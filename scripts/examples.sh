#!/usr/bin/env bash
# Installs and builds the partner for Next.js and lets a browser connect through it. Then measures a first run of the
# other partner: from a fresh clone to "Connected". scripts/e2e.sh tests that partner in detail.
set -euo pipefail
cd "$(dirname "$0")/.."

make -s examples/partner-nextjs/node_modules/.installed
export NEXT_TELEMETRY_DISABLED=1
(cd examples/partner-nextjs && node node_modules/next/dist/bin/next build >.next.log 2>&1 || { cat .next.log >&2 && exit 1; })
EXAMPLE_NEXTJS=1 scripts/e2e.sh --project=one-site example.spec.ts -g "from the login to Redis|body is bounded"
scripts/first-run.sh
