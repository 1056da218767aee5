#!/usr/bin/env bash
# Generates the types of clients/go from openapi.yaml. With --check it changes nothing, and fails if they differ.
# clients/typescript generates its own when it is built (clients/typescript/generate.mjs).
set -euo pipefail
cd "$(dirname "$0")/.."

wire=$PWD/clients/go/internal/wire/wire.gen.go

generate() { # generate FILE
  (cd tools/clients/go && go tool oapi-codegen -config wire.yaml -o "$1" ../../../openapi.yaml)
}

if [ "${1:-}" != --check ]; then
  generate "$wire"
  exit
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
generate "$fresh/wire.gen.go"
if ! cmp -s "$wire" "$fresh/wire.gen.go"; then
  echo "${wire#"$PWD"/} is not what openapi.yaml generates: make generate" >&2
  exit 1
fi
