#!/usr/bin/env bash
# Prints whether the go command can write the commit into a binary: true or false, for -buildvcs. GOFLAGS may disable it for
# all builds, and without the repository, as in an image, it is impossible.
cd "$(dirname "$0")/.." || exit
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] && git status --porcelain >/dev/null 2>&1; then echo true; else echo false; fi
