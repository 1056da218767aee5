#!/usr/bin/env bash
# Generates the page's wire types from openapi.yaml. With --check it writes nothing, and fails if they differ.
set -euo pipefail
cd "$(dirname "$0")/.."

exec tools/clients/ts/node_modules/.bin/openapi-typescript openapi.yaml \
  --output web/src/shared/api/schema.gen.ts "$@"
