#!/usr/bin/env bash
# Builds an archive per platform, the package of clients/typescript, and checksums in $OUT (bin/release). `make release`
# builds the page and the client first.
#
# For Linux on this machine's own processor, SQLite is C, linked statically, so the binary runs on any distribution. The
# others are cross-built without a C compiler and use SQLite's translation to Go (docs/decisions/0021-releases.md). Two
# builds of one commit with one Go version are byte-identical.
#
#   PLATFORMS="linux/arm64 windows/amd64" scripts/release.sh
set -euo pipefail
umask 022 # the archives contain file modes
cd "$(dirname "$0")/.."

out=${OUT:-$PWD/bin/release}
platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}
fail() { printf 'release: %s\n' "$*" >&2; exit 1; }

[ -f web/dist/index.html ] || fail 'the page is not built: run `make page`, or `make release`'
client=clients/typescript
[ -f $client/dist/index.js ] || fail 'the TypeScript client is not built: run `make clients`, or `make release`'
tar --version 2>/dev/null | grep -q GNU || fail 'GNU tar is needed for reproducible archives'
command -v zip >/dev/null || fail 'zip is needed for Windows. On Debian: apt-get install zip'
version=$(scripts/version.sh) || fail 'build a release from the repository: its commit is its version'
case $version in
  *-dirty) printf 'release: the tree has uncommitted changes: the archives are named %s\n' "$version" >&2 ;;
esac
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
here=$(go env GOHOSTOS)/$(go env GOHOSTARCH)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
rm -f "$out"/upstash-connect[_-]* "$out/SHA256SUMS"

for platform in $platforms; do
  os=${platform%/*} arch=${platform#*/}
  name=upstash-connect_${version}_${os}_${arch}
  directory=$work/$name
  mkdir "$directory"
  binary=$directory/bff
  if [ "$os" = windows ]; then binary+=.exe; fi

  printf '%-16s' "$platform"
  if [ "$platform" = "$here" ] && [ "$os" = linux ] && command -v "${CC:-cc}" >/dev/null; then
    CGO_ENABLED=1 GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=true -tags 'netgo osusergo sqlite_omit_load_extension' \
      -ldflags '-s -w -linkmode external -extldflags -static' -o "$binary" ./cmd/bff
  else
    CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=true -ldflags '-s -w' -o "$binary" ./cmd/bff
  fi
  go version -m "$binary" | grep -q vcs.revision || fail 'the go command wrote no commit into the binary: build in a clone, not in a worktree'
  cp README.md "$directory/"
  for more in LICENSE CHANGELOG.md; do
    if [ -f "$more" ]; then cp "$more" "$directory/"; fi
  done
  find "$directory" -exec touch -d "@$epoch" {} +
  if [ "$os" = windows ]; then
    archive=$name.zip
    (cd "$work" && find "$name" | sort | TZ=UTC zip -q -X "$out/$archive" -@)
  else
    archive=$name.tar.gz
    tar -C "$work" --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -n9 >"$out/$archive"
  fi
  rm -r "$directory"
  printf '%s (%d MB)\n' "$archive" "$(($(wc -c <"$out/$archive") / 1000000))"
done

# npm writes the same file times and owners into every package, so this file, too, is the same for every build.
printf '%-16s' npm
mkdir "$work/client"
cp -r "$client"/{dist,README.md,package.json} "$work/client/"
if [ -f LICENSE ]; then cp LICENSE "$work/client/"; fi
(cd "$work/client" && npm version --silent --allow-same-version "$version" && npm pack --silent --pack-destination "$out") | tail -n 1

(cd "$out" && sha256sum upstash-connect[_-]* >SHA256SUMS)
printf 'in %s, with their checksums in SHA256SUMS: sha256sum --check --ignore-missing SHA256SUMS\n' "$out"
