#!/usr/bin/env bash
# Lints openapi.yaml and rejects changes that would break clients of the last release.
#
#   scripts/contract.sh            lint, then compare with tools/contract/released
#   scripts/contract.sh release    store the current document for a release: run it when tagging one
set -euo pipefail
cd "$(dirname "$0")/.."

version() { sed -n 's/^  version: *//p' "$1"; }
released() { ls tools/contract/released/v*.yaml | sort -V | tail -n 1; }

if [ "${1:-}" = release ]; then
  to="tools/contract/released/v$(version openapi.yaml).yaml"
  [ ! -e "$to" ] || { echo "$to already exists: raise @version in api/openapi.go, and make generate" >&2; exit 1; }
  cp openapi.yaml "$to"
  echo "stored as $to"
  exit
fi

# The document in a tag: the first release had it in api/.
tagged() { git show "$1:openapi.yaml" 2>/dev/null || git show "$1:api/openapi.yaml"; }

# A stored document must match its release. If the clone has tags, the tag is the authority.
for document in tools/contract/released/v*.yaml; do
  tag=$(basename "$document" .yaml)
  if git rev-parse -q --verify "refs/tags/$tag" >/dev/null 2>&1 && ! tagged "$tag" | cmp -s - "$document"; then
    echo "$document differs from the document of the tag $tag" >&2
    exit 1
  fi
done

lint() { tools/contract/node_modules/.bin/"$@"; }
export REDOCLY_TELEMETRY=off
lint redocly lint openapi.yaml --config tools/contract/redocly.yaml --max-problems 30 2>&1 | grep -v '[║╔╚]' || exit 1
lint spectral lint openapi.yaml --ruleset tools/contract/.spectral.yaml --fail-severity=hint

last=$(released)
echo "comparing with $last"
go -C tools/oasdiff tool oasdiff breaking --fail-on ERR "$PWD/$last" "$PWD/openapi.yaml"
