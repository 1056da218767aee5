#!/usr/bin/env bash
# Starts the sandbox and the worked partner of examples/partner, says where to look, and stops both on Ctrl-C.
# EXAMPLE_PORT is the partner's port, 3000 unless set; EXAMPLE_DATA_DIR is where both keep their data.
#   scripts/example.sh [--nextjs] [--free-ports]
# --nextjs starts examples/partner-nextjs, which must be installed and built. --free-ports is for tests: it picks the
# ports and prints one line of JSON when both are ready.
set -euo pipefail
cd "$(dirname "$0")/.."

bff=${BFF_BINARY:-$PWD/bin/bff}
data=${EXAMPLE_DATA_DIR:-$PWD/.example}
port=${EXAMPLE_PORT:-3000}
unset ${!BFF_@} # settings of a server of your own are not the example's
nextjs=false free=false
for argument in "$@"; do
  case $argument in
    --nextjs) nextjs=true ;;
    --free-ports) free=true ;;
    *) printf 'unknown: %s\n' "$argument" >&2 && exit 2 ;;
  esac
done

say() { printf '%s\n' "$*" >&2; }
busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

failed() { # failed NAME LOG: says what a program that ended wrote last
  say "$1 ended. The end of $2:"
  tail -n 15 "$2" >&2 || true
  exit 1
}

listen=()
if $free; then
  until port=$((20000 + RANDOM % 12000)) && ! busy "$port"; do :; done
  for listener in listen issuer-listen upstash-listen control-listen redis-listen; do
    listen+=("--$listener" 127.0.0.1:0)
  done
elif busy "$port"; then
  say "Port $port is in use by another program. Stop it, or choose another port: EXAMPLE_PORT=3001 make example"
  exit 1
fi

program=${EXAMPLE_BINARY:-$PWD/bin/example-partner}
if [ -z "${EXAMPLE_BINARY:-}" ] && ! $nextjs; then go build -trimpath -o "$program" ./examples/partner; fi

umask 077
mkdir -p "$data"
ready=$data/ready.json
rm -f "$ready"

children=()
stop() {
  trap - EXIT INT TERM
  for child in "${children[@]}"; do kill -TERM "$child" 2>/dev/null || true; done
  wait || true
}
trap 'stop; exit 0' INT TERM
trap stop EXIT

# The sandbox prints one line of JSON when it is ready. It sends its webhooks to the partner.
BFF_APP_NAME=Tidepool BFF_WEBHOOK_URL=http://localhost:$port/upstash/webhooks \
  "$bff" sandbox --data-dir "$data" "${listen[@]}" >"$ready" 2>"$data/sandbox.log" &
sandbox=$!
children+=("$sandbox")
until [ -s "$ready" ]; do
  kill -0 "$sandbox" 2>/dev/null || failed "The sandbox" "$data/sandbox.log"
  sleep 0.1
done
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$ready"; }

partner=http://localhost:$port
export PARTNER_URL=$partner CONNECT_URL CONNECT_TOKEN_FILE CONNECT_WEBHOOK_SECRET_FILE
CONNECT_URL=$(field app)
CONNECT_TOKEN_FILE=$(field service_token_file)
CONNECT_WEBHOOK_SECRET_FILE=$(field webhook_secret_file)
if $nextjs; then
  cd examples/partner-nextjs
  NEXT_TELEMETRY_DISABLED=1 node node_modules/next/dist/bin/next start --hostname 127.0.0.1 --port "$port" \
    >"$data/partner.log" 2>&1 &
else
  PARTNER_LISTEN=127.0.0.1:$port "$program" >"$data/partner.log" 2>&1 &
fi
server=$!
children+=("$server")
until busy "$port"; do
  kill -0 "$server" 2>/dev/null || failed "The partner" "$data/partner.log"
  sleep 0.1
done

say "
Tidepool, a worked partner, is ready.

  1. Open $partner and press 'Log in as Ada Lovelace'.
  2. Press 'Connect Upstash'. In the window, log in as demo@example.com with the password demo-password.
  3. Choose a database, or create one, and press 'Connect database'. Tidepool shows it, with 'Download .env'.

  Upstash Connect        $CONNECT_URL
  the account's console  $(field upstash)/console
  data and logs          $data (delete it to start over)

  Ctrl-C stops both."

if $free; then
  sed "s|^{|{\"partner\":\"$partner\",|" "$ready"
fi

# Whichever ends first ends the other.
wait -n "$sandbox" "$server" || true
if kill -0 "$sandbox" 2>/dev/null; then failed "The partner" "$data/partner.log"; fi
failed "The sandbox" "$data/sandbox.log"
