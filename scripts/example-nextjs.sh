#!/usr/bin/env bash
# Installs and builds the partner for Next.js, and lets a browser connect through it. scripts/e2e.sh tests the other
# partner, and scripts/first-run.sh measures its first run.
set -euo pipefail
cd "$(dirname "$0")/.."

make -s examples/partner-nextjs/node_modules/.installed
export NEXT_TELEMETRY_DISABLED=1
(cd examples/partner-nextjs && node node_modules/next/dist/bin/next build >.next.log 2>&1 || { cat .next.log >&2 && exit 1; })
make -s build
BFF_BINARY=$PWD/bin/bff EXAMPLE_NEXTJS=1 scripts/e2e.sh --project=one-site example.spec.ts -g "from the login to Redis|body is bounded"
