#!/usr/bin/env bash
# Generates what clients/go and clients/typescript take from openapi.yaml. With --check it writes nothing, and fails if a
# file differs.
set -euo pipefail
cd "$(dirname "$0")/.."

wire=clients/go/internal/wire/wire.gen.go
schema=clients/typescript/src/schema.gen.ts

if [ "${1:-}" = --check ]; then
  before=$(mktemp)
  trap 'rm -f "$before"' EXIT
  cp "$wire" "$before"
  (cd tools/clients/go && go tool oapi-codegen -config wire.yaml ../../../openapi.yaml)
  if ! cmp -s "$wire" "$before"; then
    cp "$before" "$wire"
    echo "$wire is not what openapi.yaml generates: make generate" >&2
    exit 1
  fi
  exec tools/clients/ts/node_modules/.bin/openapi-typescript openapi.yaml --output "$schema" --check
fi

(cd tools/clients/go && go tool oapi-codegen -config wire.yaml ../../../openapi.yaml)
exec tools/clients/ts/node_modules/.bin/openapi-typescript openapi.yaml --output "$schema"
