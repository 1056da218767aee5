#!/usr/bin/env bash
# Installs bin/bff into $PREFIX/bin: /usr/local/bin for root, ~/.local/bin for others. DESTDIR, for packagers, is put in
# front of that path.
set -euo pipefail
cd "$(dirname "$0")/.."

built=${BFF_BINARY:-bin/bff}
if [ ! -x "$built" ]; then
  printf 'install: %s does not exist. Run `make build` first.\n' "$built" >&2
  exit 1
fi
if [ -z "${PREFIX:-}" ]; then
  if [ "$(id -u)" = 0 ]; then PREFIX=/usr/local; else PREFIX=${HOME:?is not set: set a directory with PREFIX=}/.local; fi
fi
case $PREFIX in
  /*) ;;
  *) printf 'install: PREFIX=%s is not an absolute path.\n' "$PREFIX" >&2; exit 1 ;;
esac
bin=${PREFIX%/}/bin
target=${DESTDIR:-}$bin/bff

mkdir -p "${target%/*}"
# Copy next to the target, then rename: a running bff continues, and no partial file is ever visible.
cp "$built" "$target.new.$$"
trap 'rm -f "$target.new.$$"' EXIT
chmod 755 "$target.new.$$"
mv -f "$target.new.$$" "$target"
printf 'installed %s\n' "$target"

if [ -n "${DESTDIR:-}" ]; then exit 0; fi
case :$PATH: in
  *":$bin:"*)
    found=$(command -v bff || true)
    if [ "$found" != "$target" ]; then
      printf 'Another bff comes first on your PATH: %s\n' "$found" >&2
    fi
    ;;
  *)
    # The user pastes the line; their shell expands $PATH.
    # shellcheck disable=SC2016
    printf '%s is not on your PATH. Add this line to your shell'\''s start-up file (~/.profile):\n\n  export PATH="%s:$PATH"\n\n' "$bin" "$bin"
    ;;
esac
