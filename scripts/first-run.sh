#!/usr/bin/env bash
# Measures a first run: clones this repository, runs `make example` in the clone, and goes through the page in a browser
# as docs/integrate/example.md says, to "Connected" and beyond. Dependencies are down already: Go's caches, and a copy of
# web/node_modules. It fails after three minutes. FIRST_RUN_COLD=1 compiles everything again, SQLite too.
set -euo pipefail
cd "$(dirname "$0")/.."

most=180 # seconds
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

modules=$(realpath web/node_modules)
git clone --quiet --no-hardlinks . "$work/clone"
cp -a "$modules" "$work/clone/web/node_modules"
touch "$work/clone/web/node_modules/.installed"
if [ -n "${FIRST_RUN_COLD:-}" ]; then export GOCACHE=$work/cache; fi

CHROMIUM_PATH=$(scripts/browser.sh)
export CHROMIUM_PATH EXAMPLE_COMMAND="make -C $work/clone example ARGS=--free-ports"
unset BFF_BINARY EXAMPLE_BINARY
begun=$SECONDS
npm --prefix web run --silent e2e -- --project=one-site example.spec.ts -g "from the login to Redis"
took=$((SECONDS - begun))
printf 'first run: from a clone to the end of the page in %d:%02d\n' $((took / 60)) $((took % 60))
[ "$took" -lt "$most" ]
