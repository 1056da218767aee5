#!/usr/bin/env bash
# Runs the journeys of web/engines in Firefox and in WebKit. On Debian as root it installs what is missing. An engine
# that cannot be installed is skipped; with ENGINES_REQUIRED=1 that is an error.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

# The paths of the programs, as web/engines reads them. Empty: not installed.
find_engines() {
  FIREFOX_PATH=${FIREFOX_PATH:-$(command -v firefox-esr || command -v firefox || true)}
  WEBKIT_DRIVER_PATH=${WEBKIT_DRIVER_PATH:-$(command -v WebKitWebDriver || true)}
  local builds='/usr/lib/*/webkit2gtk-4.*/MiniBrowser'
  MINIBROWSER_PATH=${MINIBROWSER_PATH:-$(compgen -G "$builds" | sort -V | tail -n 1 || true)}
  XVFB_PATH=${XVFB_PATH:-$(command -v Xvfb || true)}
}
has_firefox() { [ -n "$FIREFOX_PATH" ]; }
has_webkit() { [ -n "$WEBKIT_DRIVER_PATH" ] && [ -n "$MINIBROWSER_PATH" ] && [ -n "$XVFB_PATH" ]; }

find_engines
missing=()
has_firefox || missing+=(firefox-esr)
has_webkit || missing+=(webkit2gtk-driver xvfb)

if [ ${#missing[@]} != 0 ] && [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
  say "Installing ${missing[*]}."
  export DEBIAN_FRONTEND=noninteractive
  # The time limit covers only downloads: an interrupted installation would leave the package manager in a bad state.
  if timeout 60 apt-get -qq update >&2 && timeout 120 apt-get -qq install --download-only -y "${missing[@]}" >&2; then
    apt-get -qq install -y "${missing[@]}" >&2 || say "The installation failed."
  else
    say "The download failed or took too long."
  fi
  find_engines
fi

skipped=0
if ! has_firefox; then
  say "SKIPPED: the journeys in Firefox. On Debian: apt-get install firefox-esr; or set FIREFOX_PATH."
  skipped=1
fi
if ! has_webkit; then
  say "SKIPPED: the journeys in WebKit. On Debian: apt-get install webkit2gtk-driver xvfb."
  skipped=1
fi
if [ "$skipped" = 1 ] && [ -n "${ENGINES_REQUIRED:-}" ]; then exit 1; fi
if ! has_firefox && ! has_webkit; then exit 0; fi

has_webkit || unset WEBKIT_DRIVER_PATH MINIBROWSER_PATH XVFB_PATH
has_firefox || unset FIREFOX_PATH
for name in FIREFOX_PATH WEBKIT_DRIVER_PATH MINIBROWSER_PATH XVFB_PATH; do
  if [ -n "${!name:-}" ]; then export "${name?}"; fi
done

make -s web/node_modules/.installed web/engines/node_modules/.installed
web/node_modules/.bin/tsc -p web/engines
export BFF_BINARY=${BFF_BINARY:-$PWD/bin/bff-race}
export GORACE=${GORACE:-halt_on_error=1}
cd web && exec node_modules/.bin/vitest run --root engines "$@"
