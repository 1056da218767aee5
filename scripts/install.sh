#!/usr/bin/env bash
# Puts bin/bff where the shell finds it: into $PREFIX/bin, which is /usr/local/bin for root and ~/.local/bin for others. With
# DESTDIR, for those who make packages, everything goes below that directory.
set -euo pipefail
cd "$(dirname "$0")/.."

built=${BFF_BINARY:-bin/bff}
if [ ! -x "$built" ]; then
  printf 'install: there is no %s. Run `make build` first.\n' "$built" >&2
  exit 1
fi
if [ -z "${PREFIX:-}" ]; then
  if [ "$(id -u)" = 0 ]; then PREFIX=/usr/local; else PREFIX=${HOME:?is not set: name a directory, with PREFIX=}/.local; fi
fi
case $PREFIX in
  /*) ;;
  *) printf 'install: PREFIX=%s is not an absolute path.\n' "$PREFIX" >&2; exit 1 ;;
esac
bin=${PREFIX%/}/bin
target=${DESTDIR:-}$bin/bff

mkdir -p "${target%/*}"
# Beside its place, and then renamed: one that runs goes on running, and nobody finds half of one.
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
      printf 'Another one comes first on your PATH: %s\n' "$found" >&2
    fi
    ;;
  *)
    # The line is to be pasted: a shell puts $PATH in.
    # shellcheck disable=SC2016
    printf '%s is not on your PATH. Put this line into your shell'\''s start-up file (~/.profile):\n\n  export PATH="%s:$PATH"\n\n' "$bin" "$bin"
    ;;
esac
