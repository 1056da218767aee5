#!/usr/bin/env bash
# Checks formatting and runs go vet in every Go module of the repository.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
  printf 'gofmt would change:\n%s\n' "$unformatted" >&2
  exit 1
fi
go vet ./...
go -C tools/openapi vet ./...
go -C tools/clients vet ./...
go -C tools/deploy vet ./...
go -C bench vet ./...
go mod tidy -diff
go -C bench mod tidy -diff
