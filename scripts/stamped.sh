#!/usr/bin/env bash
# Says whether the go command can write the commit into a binary: true or false, for -buildvcs. An environment may have it
# switched off for all builds (GOFLAGS), and without the repository, as in an image, it cannot be done.
cd "$(dirname "$0")/.." || exit
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$(pwd -P)" ] && git status --porcelain >/dev/null 2>&1; then echo true; else echo false; fi
