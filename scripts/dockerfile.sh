#!/usr/bin/env bash
# Runs the Dockerfile's steps without a container engine. It reads the file, runs the steps in one directory per stage, and
# starts the last stage in its root (as its user, when run by root) next to the sandbox, until its own health check passes.
# This machine's Go and Node replace the base images; the last stage starts from an empty root.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
pids=()
finish() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  chmod -R u+w "$work"
  rm -rf "$work"
}
trap finish EXIT
fail() { printf 'dockerfile: %s\n' "$*" >&2; exit 1; }

nonroot=65532 # in gcr.io/distroless/static:nonroot
arbitrary=(1000650001 1000660002) # as OpenShift assigns them, with group 0
context=$work/context
mkdir -p "$context"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  if [ -e "$file" ]; then printf '%s\0' "$file"; fi
done | tar --null -T - -cf - | tar -xf - -C "$context" # files that git does not ignore; .dockerignore excludes fewer

stage='' root='' workdir=/ user='' entrypoint=() command=() health=() environment=()

words() { # words JSON-ARRAY: one word per line
  node -e 'for (const word of JSON.parse(process.argv[1])) console.log(word)' "$1"
}

begin_stage() { # begin_stage IMAGE [AS NAME]
  stage=${3:-last} root=$work/stages/${3:-last} workdir=/
  mkdir -p "$root"
  printf '== %s: %s\n' "$stage" "$1"
}

copy() { # copy [--from=STAGE] [--chown=UID:GID] [--chmod=MODE] SOURCE... TARGET
  local from=$context owner=0:0 mode='' source target sources=()
  while [[ $1 == --* ]]; do
    case $1 in
      --from=*) from=$work/stages/${1#--from=} ;;
      --chown=[0-9]*:[0-9]*) owner=${1#--chown=} ;;
      --chmod=[0-7]*) mode=${1#--chmod=} ;;
      *) fail "COPY $1 is not supported here" ;;
    esac
    shift
  done
  sources=("${@:1:$#-1}") target=${!#}
  if [[ $target != /* ]]; then target=${workdir%/}/$target; fi
  target=$root$target
  for source in "${sources[@]}"; do
    [ -e "$from/$source" ] || fail "COPY: $source does not exist"
    if [ -d "$from/$source" ]; then
      mkdir -p "$target" && cp -a "$from/$source/." "$target/"
    elif [ "${target%/}" != "$target" ] || [ "${#sources[@]}" -gt 1 ]; then
      mkdir -p "$target" && cp -a "$from/$source" "$target/"
    else
      mkdir -p "$(dirname "$target")" && cp -a "$from/$source" "$target"
    fi
    if [ "$(id -u)" = 0 ]; then chown -R "$owner" "$target"; fi
    if [ -n "$mode" ]; then chmod -R "$mode" "$target"; fi
  done
}

run() { # run COMMAND: absolute paths of a stage are resolved in its root
  local line=$1 own
  for own in $(sed -n 's/^COPY --from=[a-z]* .*/&/p' Dockerfile | grep -oE ' /[a-z]+/' | tr -d ' /' | sort -u); do
    line=$(sed -E "s#(^|[ =])/$own(/| |\$)#\1$root/$own\2#g" <<<"$line")
  done
  printf '   %s\n' "$1"
  (cd "$root$workdir" && bash -euc "$line" >"$work/log" 2>&1) || { tail -n 40 "$work/log" >&2; fail "RUN failed"; }
}

instruction() { # instruction NAME ARGUMENTS
  local name=$1 rest=$2 list
  read -ra list <<<"$rest"
  case $name in
    FROM) begin_stage "${list[@]}" ;;
    WORKDIR) workdir=$rest && mkdir -p "$root$workdir" ;;
    COPY) copy "${list[@]}" ;;
    RUN) run "$rest" ;;
    USER) user=$rest ;;
    ENV) environment+=("$rest") ;;
    ENTRYPOINT) mapfile -t entrypoint < <(words "$rest") ;;
    CMD) mapfile -t command < <(words "$rest") ;;
    HEALTHCHECK) mapfile -t health < <(words "${rest#*CMD }") ;;
    EXPOSE | VOLUME) ;;
    *) fail "$name is not supported here" ;;
  esac
}

line=''
while IFS= read -r part || [ -n "$part" ]; do
  if [[ -z $line && ($part == '#'* || -z $part) ]]; then continue; fi
  if [[ $part == *\\ ]]; then
    line+=${part%\\}
    continue
  fi
  line=$(tr -s ' ' <<<"$line$part")
  instruction "${line%% *}" "${line#* }"
  line=''
done <Dockerfile

[ "$stage" = last ] || fail "the last stage has a name"
[ "$user" = "$nonroot:$nonroot" ] || fail "the last stage's user is ${user:-root}"
binary=$root${entrypoint[0]}
if ldd "$binary" >/dev/null 2>&1; then fail "the binary needs libraries, but the last stage has none"; fi

as=$nonroot group=$nonroot
inside() { # inside COMMAND...: in the last stage's root, with its user (or another, in as and group), directory and environment
  local all=("${environment[@]}" "${settings[@]}")
  if [ "$(id -u)" = 0 ]; then
    exec env -i "${all[@]}" unshare --root "$root" --wd "$workdir" --setgid "$group" --setuid "$as" -- "$@"
  fi
  cd "$root$workdir"
  exec env -i "${all[@]}" "$root$1" "${@:2}"
}

"$binary" sandbox --data-dir "$work/sandbox" --issuer-host 127.0.0.1 --listen 127.0.0.1:0 --issuer-listen 127.0.0.1:0 \
  --upstash-listen 127.0.0.1:0 --control-listen 127.0.0.1:0 --redis-listen 127.0.0.1:0 >"$work/addresses" 2>"$work/sandbox.log" &
pids+=($!)
for _ in $(seq 300); do
  if [ -s "$work/addresses" ]; then break; fi
  sleep 0.1
done
[ -s "$work/addresses" ] || { cat "$work/sandbox.log" >&2; fail "the sandbox did not start"; }
address() { node -p 'JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]' "$work/addresses" "$1"; }

"$binary" keyset create "$work/keyset.json" 2>/dev/null
port=$(node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
settings=(
  "BFF_LISTEN=127.0.0.1:$port" "BFF_PUBLIC_URL=http://localhost:$port" "BFF_KEYSET=$(cat "$work/keyset.json")"
  "BFF_AUTH_ISSUER=$(address issuer)/" "BFF_AUTH_CLIENT_IDS=sandbox-spa" "BFF_UPSTASH_API_URL=$(address upstash)"
)
start() { # start: the server, until its health check succeeds
  local healthy=''
  printf '== started as %s:%s: %s\n' "$as" "$group" "${entrypoint[*]} ${command[*]}"
  (inside "${entrypoint[@]}" "${command[@]}") 2>"$work/server.log" &
  server=$!
  pids+=("$server")
  for _ in $(seq 60); do
    kill -0 "$server" 2>/dev/null || break
    if (inside "${health[@]}") >"$work/health.log" 2>&1; then healthy=1 && break; fi
    sleep 0.5
  done
  [ -n "$healthy" ] || { cat "$work/health.log" "$work/server.log" >&2; fail "the health check did not succeed"; }
}

data=$root$workdir
[ "$(stat -c %a "$data")" = 770 ] || fail "$workdir is not writable for its group"
if [ "$(id -u)" = 0 ]; then
  [ "$(stat -c %u:%g "$data")" = "$nonroot:0" ] || fail "$workdir does not belong to group 0"
  cp -a "$data" "$work/fresh"
  group=0
  for as in "${arbitrary[@]}"; do # one after the other, each on the data of the killed one before
    start
    { kill -KILL "$server" && wait "$server" || true; } 2>/dev/null
  done
  [ "$(stat -c %a:%u:%g "$data/bff.db")" = "660:${arbitrary[0]}:0" ] || fail "the database is not writable for the next user of group 0"
  rm -rf "$data" && mv "$work/fresh" "$data"
  as=$nonroot group=$nonroot
fi

start
node -e 'fetch(process.argv[1]).then((r) => r.text()).then((t) => process.exit(t.includes("/assets/") ? 0 : 1))' "http://localhost:$port/" ||
  fail "the page is not in the binary"
[ "$(stat -c %a "$data/bff.db")" = 600 ] || fail "the database is not private"
if [ "$(id -u)" = 0 ] && [ "$(stat -c %u "$data/bff.db")" != "$nonroot" ]; then fail "the server ran as the wrong user"; fi

kill -TERM "$server"
wait "$server" || fail "after SIGTERM: exit code $?"
printf '== healthy, and ended on SIGTERM; the binary has %s bytes\n' "$(stat -c %s "$binary")"
