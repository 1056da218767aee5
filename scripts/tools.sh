#!/usr/bin/env bash
# Reports which required tools are missing on this machine, and how to install them.
set -euo pipefail

missing=0
need() { # need COMMAND WHAT-TO-DO
  if ! command -v "$1" >/dev/null 2>&1; then
    printf 'missing: %s. %s\n' "$1" "$2" >&2
    missing=1
  fi
}

need go "Install Go 1.26 or later: https://go.dev/dl/"
need node "Install Node.js 20.19 or later: https://nodejs.org/"
need npm "npm comes with Node.js."
if [ -z "${CC:-}" ]; then
  need cc "Install a C compiler (SQLite needs it); on Debian: apt-get install gcc libc6-dev"
fi
if command -v node >/dev/null 2>&1 &&
  ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  printf 'too old: node %s. Node.js 20.19 or later is needed.\n' "$(node --version)" >&2
  missing=1
fi
if [ -z "${TEST_POSTGRES_URL:-}" ] && ! command -v initdb >/dev/null 2>&1 && ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
  printf 'no Postgres: its tests are %s. On Debian: apt-get install postgresql; or set TEST_POSTGRES_URL.\n' \
    "$([ -n "${TEST_POSTGRES_REQUIRED:-}" ] && echo 'going to fail' || echo SKIPPED)" >&2
fi
exit "$missing"
