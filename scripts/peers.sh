#!/usr/bin/env bash
# Installs other programs that tests need (a pooler, a proxy, a Redis, a job queue), and the fonts of the kept pictures,
# on Debian as root; elsewhere it reports missing ones. Without them their tests are skipped, or fail if
# TEST_PEERS_REQUIRED is set.
set -euo pipefail

fonts=/usr/share/fonts/truetype/liberation
declare -A packages=([$fonts]=fonts-liberation [curl]=curl [jq]=jq [pgbouncer]=pgbouncer [nginx]=nginx-light
  [redis-server]=redis-server [rq]=python3-rq [dbus-daemon]=dbus [dbus-launch]=dbus-x11
  [gnome-keyring-daemon]=gnome-keyring)

missing() { # missing: the packages of missing programs and directories
  local program
  for program in "${!packages[@]}"; do
    command -v "$program" >/dev/null 2>&1 || [ -x "/usr/sbin/$program" ] || [[ $program = /* && -d $program ]] ||
      printf '%s\n' "${packages[$program]}"
  done
}

mapfile -t wanted < <(missing)
if [ "${#wanted[@]}" = 0 ]; then exit 0; fi

if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
  printf 'installing programs that tests need: %s\n' "${wanted[*]}"
  export DEBIAN_FRONTEND=noninteractive

  # Tests start these servers themselves, on their own ports. Debian must not start them.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
  fi

  # The time limit covers only downloads: an interrupted installation would leave the package manager in a bad state.
  if timeout 60 apt-get -qq update >&2 &&
    timeout 120 apt-get -qq install --no-install-recommends --download-only -y "${wanted[@]}" >&2; then
    apt-get -qq install --no-install-recommends -y "${wanted[@]}" >&2 || true
  fi

  mapfile -t wanted < <(missing)
  if [ "${#wanted[@]}" = 0 ]; then exit 0; fi
fi

printf 'NOT TESTED, missing: %s. On Debian: apt-get install %s\n' "${wanted[*]}" "${wanted[*]}" >&2
if [ -n "${TEST_PEERS_REQUIRED:-}" ]; then exit 1; fi
