#!/usr/bin/env bash
# Prints the path of a Chromium for tests: CHROMIUM_PATH, else an installed one. Otherwise it installs one: the
# distribution's package on Debian as root, Playwright's own download elsewhere. Downloads stop after a minute.
set -euo pipefail
cd "$(dirname "$0")/../web"

say() { printf '%s\n' "$*" >&2; }

installed() {
  local name
  for name in chromium chromium-browser google-chrome-stable google-chrome; do
    if command -v "$name" 2>/dev/null; then return 0; fi
  done
  for name in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if [ -x "$name" ]; then printf '%s\n' "$name" && return 0; fi
  done
  name=$(node -e 'import("playwright-core").then((p) => console.log(p.chromium.executablePath()))' 2>/dev/null || true)
  if [ -n "$name" ] && [ -x "$name" ]; then printf '%s\n' "$name" && return 0; fi
  return 1
}

if [ -n "${CHROMIUM_PATH:-}" ]; then
  [ -x "$CHROMIUM_PATH" ] || { say "CHROMIUM_PATH=$CHROMIUM_PATH is not executable."; exit 1; }
  printf '%s\n' "$CHROMIUM_PATH"
  exit 0
fi
installed && exit 0

if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
  say "No browser found: installing Debian's chromium."
  export DEBIAN_FRONTEND=noninteractive
  # The time limit covers only downloads: an interrupted installation would leave the package manager in a bad state.
  if timeout 60 apt-get -qq update >&2 && timeout 60 apt-get -qq install --download-only -y chromium fonts-liberation >&2; then
    apt-get -qq install -y chromium fonts-liberation >&2 && installed && exit 0
  fi
  say "The installation failed. Run: apt-get update && apt-get install chromium"
else
  say "No browser found: downloading Playwright's."
  if timeout 60 npx --no-install playwright install chromium >&2; then
    installed && exit 0
  fi
  say "The download failed or took over a minute. Install Chromium or Chrome, or set CHROMIUM_PATH."
fi
exit 1
