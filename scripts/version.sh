#!/usr/bin/env bash
# Prints the version of a release: the tag of HEAD without its v, or 0.0.0-g and the first 12 digits of the commit.
#
# npm accepts a semantic version only. So a tag of another form does not count. The g, as in `git describe`, is necessary
# when all 12 digits are decimal: a number must not begin with 0 (https://semver.org, item 9).
#
#   REPOSITORY=DIR scripts/version.sh
set -euo pipefail
export LC_ALL=C
cd "${REPOSITORY:-$(dirname "$0")/..}"

commit=$(git rev-parse --short=12 HEAD)
number='(0|[1-9][0-9]*)'
identifier="($number|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"

version=$(git -c versionsort.suffix=- tag --points-at HEAD --sort=-version:refname | sed 's/^v//' |
  grep -Ex "$number\.$number\.$number(-$identifier(\.$identifier)*)?" | head -n 1) || version=0.0.0-g$commit
if [ -n "$(git status --porcelain)" ]; then version=$version-dirty; fi
printf '%s\n' "$version"
